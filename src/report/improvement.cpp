#include "report/improvement.hpp"

#include <algorithm>

namespace lorahub::report {

std::vector<Stratum> wins(std::vector<Stratum> differences) {
  for (Stratum& stratum : differences)
    for (double& d : stratum.values) d = d > 0 ? 1 : d < 0 ? 0 : 0.5;
  return differences;
}

std::vector<double> performance_profile(const Samples& scores,
                                        const std::vector<double>& thresholds) {
  std::vector<double> shares;
  for (const double threshold : thresholds) {
    double sum = 0;
    for (const auto& values : scores)
      sum += static_cast<double>(
                 std::ranges::count_if(values, [&](double v) { return v > threshold; })) /
             static_cast<double>(values.size());
    shares.push_back(sum / static_cast<double>(scores.size()));
  }
  return shares;
}

}  // namespace lorahub::report
