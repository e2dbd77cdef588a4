#include "report/statistics.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "base/random.hpp"

namespace lorahub::report {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double standard_deviation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double m = mean(values);
  double sum = 0;
  for (double v : values) sum += (v - m) * (v - m);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

Interval stratified_bootstrap(const std::vector<std::vector<double>>& strata) {
  assert(!strata.empty());
  constexpr size_t kReplicates = 10000;
  base::Stream random(1, "bootstrap");
  Interval interval;
  for (const auto& values : strata)
    interval.mean += mean(values) / static_cast<double>(strata.size());
  std::vector<double> replicates(kReplicates, 0.0);
  for (double& replicate : replicates)
    for (const auto& values : strata) {
      double sum = 0;
      for (size_t i = 0; i < values.size(); ++i)
        sum += values[static_cast<size_t>(random.uniform() * static_cast<double>(values.size()))];
      replicate += sum / static_cast<double>(values.size() * strata.size());
    }
  std::sort(replicates.begin(), replicates.end());
  interval.low = replicates[kReplicates / 40 - 1];
  interval.high = replicates[kReplicates - kReplicates / 40];
  return interval;
}

}  // namespace lorahub::report
