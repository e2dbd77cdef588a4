// Warnings and refusals before the first model is loaded.
#pragma once
#include <string>
#include <vector>

#include "base/device.hpp"
#include "plan/cost.hpp"
#include "workers/dispatcher.hpp"

namespace lorahub::run {

enum class MemoryCheck { refuse, skip };  // of a run that cannot fit into the memory

// Returns warnings about rows that a loss cuts and about scarce memory, and prints them on standard
// error. Error where the memory that the ranks report cannot suffice, unless `check` is skip.
std::vector<std::string> cautions(const plan::StudyCost& cost, workers::Dispatcher& dispatcher,
                                  base::Device device, MemoryCheck check);

}  // namespace lorahub::run
