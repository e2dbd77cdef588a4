#include "report/statistics/aggregate.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

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

double quantile(std::vector<double> values, double share) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(place);
  if (below + 1 >= values.size() || values[below] == values[below + 1]) return values[below];
  return values[below] + (place - static_cast<double>(below)) * (values[below + 1] - values[below]);
}

double median(const std::vector<double>& values) { return quantile(values, 0.5); }

double iqm(std::vector<double> values) {
  const auto cut = static_cast<std::ptrdiff_t>(values.size() / 4);
  if (cut > 0) {
    std::nth_element(values.begin(), values.begin() + cut, values.end());
    std::nth_element(values.begin() + cut, values.end() - cut, values.end());
  }
  return std::accumulate(values.begin() + cut, values.end() - cut, 0.0) /
         static_cast<double>(static_cast<std::ptrdiff_t>(values.size()) - 2 * cut);
}

double optimality_gap(const std::vector<double>& scores, double target) {
  double sum = 0;
  for (const double score : scores) sum += std::min(score, target);
  return target - sum / static_cast<double>(scores.size());
}

double normalised(double accuracy, double zero) {
  if (zero >= 100) return std::numeric_limits<double>::quiet_NaN();
  return (accuracy - zero) / (100 - zero);
}

double standard_error(double accuracy, double rows) {
  const double p = accuracy / 100;
  return 100 * std::sqrt(std::max(0.0, p * (1 - p)) / rows);
}

}  // namespace lorahub::report
