// The starts of the program that a result file tells of.
#pragma once
#include <cstdint>
#include <vector>

#include "store/handles.hpp"
#include "store/origin.hpp"

namespace lorahub::store {

// Environments, by the number of the start.
std::vector<Environment> read_environments(hid_t file);

// The origin (store/origin.hpp) of the start that made a trial, whose number is in /runs; "" where
// that is not known.
std::string origin_of(int64_t start, const std::vector<Environment>& starts);

}  // namespace lorahub::store
