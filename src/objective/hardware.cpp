#include "objective/hardware.hpp"

#include <algorithm>

#include "base/cores.hpp"

namespace lorahub::objective {

int default_threads(int ranks_on_node, base::Device device) {
  const int most = device == base::Device::cpu ? base::usable_cores() : 4;
  return std::clamp(base::online_cores() / ranks_on_node, 1, most);
}

int default_trials(base::Device device) { return device == base::Device::cpu ? 1 : 2; }

}  // namespace lorahub::objective
