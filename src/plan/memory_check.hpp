// Whether the memory of the nodes suffices for what their ranks are about to compute.
#pragma once
#include <string>
#include <vector>

#include "base/device.hpp"
#include "objective/load_model.hpp"

namespace lorahub::plan {

// How much memory this rank may still take, as bytes for rank 0.
std::string room(const objective::Hardware& hardware);

struct Need {
  std::string what;   // "trial 'E1 lorahub seed 1'"
  double shared = 0;  // bytes, once for the ranks of a node; on GPUs once for each rank
  double own = 0;     // bytes of each rank besides
  base::Device device = base::Device::cpu;
  std::string remedies;  // "use fewer ranks on a node, ..."
};
struct Ranks {
  std::vector<std::string> hosts, rooms;  // by rank
};
// Error where even seven tenths of the need are more than there is, since the estimate is no better
// than that. Returns a warning where the whole need is more; "" where all is well.
std::string check_room(const Need& need, const Ranks& ranks);

// The same for this process alone. Prints the warning on standard error.
void check_own_room(const Need& need);

}  // namespace lorahub::plan
