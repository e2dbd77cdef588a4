// Completes a model of which each rank has read a part.
#pragma once
#include <vector>

#include "model/placement.hpp"
#include "workers/channel.hpp"

namespace lorahub::run {

// Every rank gives the others the tensors that it owns: all call it with the same list, each with
// its own memory.
void exchange_tensors(const std::vector<model::SharedTensor>& tensors, workers::Channel& channel);

}  // namespace lorahub::run
