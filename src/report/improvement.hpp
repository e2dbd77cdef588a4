// Which of two is better how often, and how scores are spread (after rliable: Agarwal et al.,
// NeurIPS 2021).
#pragma once
#include <vector>

#include "report/bootstrap.hpp"

namespace lorahub::report {

// What a paired difference says: 1 better, 0 worse, 1/2 equal. The mean over tasks of these is the
// probability of improvement of paired runs (rliable compares all pairs of runs of a task; here
// both methods had the same draw).
std::vector<Stratum> wins(std::vector<Stratum> differences);

// Share of runs with a score above each threshold, tasks weighing the same.
std::vector<double> performance_profile(const Samples& scores,
                                        const std::vector<double>& thresholds);

}  // namespace lorahub::report
