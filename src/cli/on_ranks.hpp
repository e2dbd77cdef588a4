// The opening of the commands whose ranks share out independent parts.
#pragma once
#include <functional>
#include <string>

#include "objective/load_model.hpp"
#include "workers/world.hpp"

namespace lorahub::cli {

// --device and --threads, as they were given.
struct AskedHardware {
  const std::string& device;
  int threads = 0;
};

// Opens the ranks that this process is one of, does `work`, and returns what it returns. Signals
// are taken at the places that ask for them.
int on_ranks(AskedHardware asked,
             const std::function<int(workers::World&, const objective::Hardware&)>& work);

}  // namespace lorahub::cli
