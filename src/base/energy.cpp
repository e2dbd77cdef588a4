#include "base/energy.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace lorahub::base {
namespace {

std::optional<double> count_in(const Path& file) {
  std::ifstream stream(file);
  double value = 0;
  return stream >> value ? std::optional(value) : std::nullopt;
}

std::string word_in(const Path& file) {
  std::string word;
  std::ifstream(file) >> word;
  return word;
}

}  // namespace

// NVML is loaded at run time, since a node without GPUs has none. Functions and types are those of
// nvml.h.
class EnergyMeter::Gpus {
 public:
  explicit Gpus(const char* library) : library_(::dlopen(library, RTLD_NOW | RTLD_LOCAL)) {
    const auto init = function<int (*)()>("nvmlInit_v2");
    const auto count = function<int (*)(unsigned*)>("nvmlDeviceGetCount_v2");
    const auto device = function<int (*)(unsigned, void**)>("nvmlDeviceGetHandleByIndex_v2");
    energy_ = function<Energy>("nvmlDeviceGetTotalEnergyConsumption");
    unsigned all = 0;
    if (init == nullptr || count == nullptr || device == nullptr || energy_ == nullptr ||
        init() != 0 || count(&all) != 0)
      return;
    for (unsigned i = 0; i < all; ++i) {
      void* handle = nullptr;
      unsigned long long value = 0;
      if (device(i, &handle) == 0 && energy_(handle, &value) == 0) devices_.push_back(handle);
    }
  }
  ~Gpus() {
    if (library_ != nullptr) ::dlclose(library_);
  }
  Gpus(const Gpus&) = delete;
  Gpus& operator=(const Gpus&) = delete;

  bool none() const { return devices_.empty(); }
  double joules() const {
    double sum = 0;
    for (void* device : devices_) {
      unsigned long long millijoules = 0;
      if (energy_(device, &millijoules) == 0) sum += 1e-3 * static_cast<double>(millijoules);
    }
    return sum;
  }

 private:
  using Energy = int (*)(void*, unsigned long long*);
  template <class F>
  F function(const char* name) const {
    return library_ == nullptr ? nullptr : reinterpret_cast<F>(::dlsym(library_, name));
  }
  void* library_;
  Energy energy_ = nullptr;
  std::vector<void*> devices_;
};

EnergyMeter::EnergyMeter(const Path& powercap, const char* nvml)
    : gpus_(std::make_unique<Gpus>(nvml)) {
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(powercap, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const Path folder = it->path();  // "intel-rapl:0"; its parts are "intel-rapl:0:0", ...
    if (!word_in(folder / "name").starts_with("package")) continue;
    const auto now = count_in(folder / "energy_uj");
    const auto range = count_in(folder / "max_energy_range_uj");
    if (now && range)
      packages_.push_back({.file = folder / "energy_uj", .range = *range, .last = *now});
  }
  gpus_before_ = gpus_->joules();
}

EnergyMeter::~EnergyMeter() = default;

double EnergyMeter::joules() {
  const std::lock_guard lock(mutex_);
  if (packages_.empty() && gpus_->none()) return std::numeric_limits<double>::quiet_NaN();
  for (Package& package : packages_) {
    const double now = count_in(package.file).value_or(package.last);
    microjoules_ += now >= package.last ? now - package.last : now + package.range - package.last;
    package.last = now;
  }
  return 1e-6 * microjoules_ + gpus_->joules() - gpus_before_;
}

}  // namespace lorahub::base
