#include "report/statistics/improvement.hpp"

#include <algorithm>

namespace lorahub::report {

double share_of_wins(const Samples& differences) {
  double share = 0;
  for (const auto& values : differences) {
    long lead = 0;  // wins less losses
    for (const double d : values) lead += (d > 0 ? 1 : 0) - (d < 0 ? 1 : 0);
    const double wins = 0.5 * (static_cast<double>(values.size()) + static_cast<double>(lead));
    share += wins / static_cast<double>(values.size() * differences.size());
  }
  return share;
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
