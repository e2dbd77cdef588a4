// Means with intervals over tasks and draws.
#pragma once
#include <vector>

namespace lorahub::report {

struct Interval {
  double mean = 0, low = 0, high = 0;  // 95 %
};

// Mean of the strata's means (a stratum: the draws of one task), with a percentile bootstrap that
// resamples draws within each stratum (Agarwal et al., NeurIPS 2021): 10,000 replicates, fixed
// seed. Strata may not be empty. The interval is about new draws for these tasks, not about new
// tasks.
Interval stratified_bootstrap(const std::vector<std::vector<double>>& strata);

double mean(const std::vector<double>& values);
double standard_deviation(const std::vector<double>& values);  // n - 1; 0 for one value

}  // namespace lorahub::report
