// Two methods on the rows of one task: both answered the same test rows.
#pragma once
#include <vector>

#include "report/bootstrap.hpp"

namespace lorahub::report {

// McNemar's exact test, two-sided: rows that only one of the two has right are coin flips under the
// null hypothesis (scipy's binomtest). 1 when there are none.
double mcnemar(long only_first, long only_second);

// 95 % interval of the mean difference, in points, resampling rows and draws (pigeonhole; with one
// draw: the plain paired bootstrap of rows). differences [draw][row]: hit of the first minus hit of
// the second, the same rows in every draw; neither may be empty. Seeded.
Interval paired_bootstrap(const std::vector<std::vector<int>>& differences);

}  // namespace lorahub::report
