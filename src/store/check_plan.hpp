// Compares the planned trials of a result file with what its starts of the program had planned.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "store/origin.hpp"

namespace lorahub::store {

// Says what is wrong with a file that has `planned` planned trials; "" when nothing is, or when an
// older version wrote the file, which does not say to which shard a start belongs.
std::string plan_problem(size_t planned, const std::vector<Environment>& starts);

}  // namespace lorahub::store
