// Tables, statistics and figures from result files.
#pragma once
#include <string>
#include <vector>

#include "store/hdf5.hpp"

namespace lorahub::report {

struct Interval {
  double mean = 0, low = 0, high = 0;  // 95 %
};

// Mean over all with a percentile bootstrap, resampled within strata (tasks): 10,000 replicates, fixed seed.
Interval stratified_bootstrap(const std::vector<std::vector<double>>& strata);

// Markdown: the study's question, methods x tasks (mean accuracy over draws), the pooled mean with its interval,
// difference to zero_shot paired by task and draw, evaluations, tokens and seconds; what failed or is missing.
std::string markdown(const std::vector<store::Results>& results);

// The same, plain, for a terminal.
std::string terminal(const std::vector<store::Results>& results);

}  // namespace lorahub::report
