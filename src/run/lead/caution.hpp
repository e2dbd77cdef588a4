// What is said, or refused, before the first model is loaded.
#pragma once
#include <string>
#include <vector>

#include "base/device.hpp"
#include "plan/cost.hpp"
#include "workers/dispatcher.hpp"

namespace lorahub::run {

enum class MemoryCheck { refuse, skip };  // a run that cannot fit

// Sentences about rows that a loss cuts and about scarce memory, which standard error has, too.
// Error where the ranks' memory cannot suffice, by their own word, unless that is not asked for.
std::vector<std::string> cautions(const plan::StudyCost& cost, workers::Dispatcher& crew,
                                  base::Device device, MemoryCheck check);

}  // namespace lorahub::run
