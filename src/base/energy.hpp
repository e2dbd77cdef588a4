// Reads the energy meters of this node.
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "base/files.hpp"

namespace lorahub::base {

class EnergyMeter {
 public:
  // Reads RAPL's counters of the processors (Linux: powercap) and NVML's of NVIDIA's GPUs, as far
  // as they are readable.
  explicit EnergyMeter(const Path& powercap = "/sys/class/powercap",
                       const char* nvml = "libnvidia-ml.so.1");
  ~EnergyMeter();
  EnergyMeter(const EnergyMeter&) = delete;
  EnergyMeter& operator=(const EnergyMeter&) = delete;

  // Joules of the whole node since this was made; NaN without a meter. To be called at least once a
  // minute, since the processors' counters wrap. Several threads may call it.
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
  double microjoules_ = 0;  // of the processors
  double gpus_before_ = 0;  // joules
};

}  // namespace lorahub::base
