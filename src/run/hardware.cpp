#include "run/hardware.hpp"

#include <algorithm>

#include "base/cores.hpp"

namespace lorahub::run {

int default_threads(int ranks_on_node, t5::Device device) {
  const int most = device == t5::Device::cpu ? base::usable_cores() : 4;
  return std::clamp(base::online_cores() / ranks_on_node, 1, most);
}

int default_trials(t5::Device device) { return device == t5::Device::cpu ? 1 : 2; }

}  // namespace lorahub::run
