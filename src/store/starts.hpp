// The starts of the program that a result file tells of.
#pragma once
#include <cstdint>
#include <vector>

#include "store/handles.hpp"
#include "store/origin.hpp"

namespace lorahub::store {

// By the number of the start.
std::vector<Environment> read_environments(hid_t file);

// Of the start that made a trial, as its row of /runs says; "" where that is not known.
std::string origin_of(int64_t start, const std::vector<Environment>& starts);

}  // namespace lorahub::store
