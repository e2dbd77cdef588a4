// The interval of a share of rows.
#pragma once
#include "report/statistics/bootstrap.hpp"

namespace lorahub::report {

// `hits` of `rows` in percent, with Wilson's score interval of 95 % (Wilson 1927): unlike a
// bootstrap of the rows, it is not empty where all rows are right, or none. `rows` is at least 1.
Interval wilson(long hits, long rows);

}  // namespace lorahub::report
