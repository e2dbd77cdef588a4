// A measure computed by the ranks of a group, a tile at a time: the bits depend on the tiles alone.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "search/population.hpp"
#include "workers/dispatcher.hpp"

namespace lorahub::run {

// workers::JobHandle::call, or a fake.
using CallRanks =
    std::function<std::vector<workers::Outcome>(const std::vector<std::string>& requests)>;

// For the coordinator: a Measure whose tiles are shared out, each as a TileRequest. A tile that
// holds NaN is computed once more; a candidate whose loss is not a number then either counts as
// infinite and goes to `note`. No other failure is blamed on a candidate: Error where a rank
// reports bad input, MachineFault where it could not compute.
search::Measure across(CallRanks call, std::function<void(const search::Fault&)> note);

}  // namespace lorahub::run
