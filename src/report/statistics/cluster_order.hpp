// An order of rows in which like ones are neighbours, for the rows of a heat map.
#pragma once
#include <cstddef>
#include <vector>

namespace lorahub::report {

// The order of the leaves of an agglomerative clustering with average linkage: rows [R][C] are as
// far apart as the mean squared difference of the columns that both have (NaN: it has none). It is
// our own, since we know of no library for C++ that orders leaves.
std::vector<size_t> cluster_order(const std::vector<std::vector<double>>& rows);

}  // namespace lorahub::report
