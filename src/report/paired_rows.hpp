// Two methods on the rows of one task: both answered the same test rows.
#pragma once
#include <vector>

#include "report/bootstrap.hpp"

namespace lorahub::report {

// McNemar's exact test, two-sided: rows that only one of the two has right are coin flips under the
// null hypothesis (scipy's binomtest). 1 when there are none.
double mcnemar(long only_first, long only_second);

// 95 % interval of a mean difference, in points, by the bootstrap of rows: the distribution over
// all resamples, by convolution, not by chance. `differences`: one a row, hits of the first minus
// hits of the second over `draws` draws, so in [-draws, draws]. Rows may not be empty.
Interval paired_bootstrap(const std::vector<int>& differences, int draws);

}  // namespace lorahub::report
