// How often one of two methods is better, and how scores are spread (after rliable: Agarwal et al.,
// NeurIPS 2021).
#pragma once
#include <vector>

#include "report/statistics/bootstrap.hpp"

namespace lorahub::report {

// Probability of improvement, from the differences of paired runs: a positive difference counts 1,
// zero 1/2; tasks weigh the same (rliable compares all pairs of runs of a task; here both methods
// had the same draw). A Statistic.
double share_of_wins(const Samples& differences);

// Share of runs with a score above each threshold, tasks weighing the same.
std::vector<double> performance_profile(const Samples& scores,
                                        const std::vector<double>& thresholds);

}  // namespace lorahub::report
