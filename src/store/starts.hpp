// The starts of the program that a result file tells of.
#pragma once
#include <vector>

#include "store/hdf5_table.hpp"
#include "store/origin.hpp"

namespace lorahub::store {

// By the number of the start.
std::vector<Environment> read_environments(hid_t file);

// Of the start that made a trial, a row of /runs; "" where that is not known.
std::string origin_of(const TableReader& runs, const RowView& row,
                      const std::vector<Environment>& starts);

}  // namespace lorahub::store
