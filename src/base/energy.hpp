// What this node's energy meters count.
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "base/files.hpp"

namespace lorahub::base {

class EnergyMeter {
 public:
  // RAPL's processor packages (Linux: powercap), and NVIDIA's GPUs by NVML, as far as they can be
  // read.
  explicit EnergyMeter(const Path& powercap = "/sys/class/powercap",
                       const char* nvml = "libnvidia-ml.so.1");
  ~EnergyMeter();
  EnergyMeter(const EnergyMeter&) = delete;
  EnergyMeter& operator=(const EnergyMeter&) = delete;

  // Joules of the whole node since this was made; NaN without a meter. To be called at least once
  // a minute: the packages' counters wrap. From several threads.
  double joules();

 private:
  struct Package {
    Path file;
    double range = 0, last = 0;  // microjoules
  };
  class Gpus;
  std::mutex mutex_;
  std::vector<Package> packages_;
  std::unique_ptr<Gpus> gpus_;
  double microjoules_ = 0;  // of the packages
  double gpus_before_ = 0;  // joules
};

}  // namespace lorahub::base
