#include "report/paired_rows.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace lorahub::report {
namespace {

using Chances = std::vector<double>;  // of 0, 1, 2, ...

Chances convolve(const Chances& a, const Chances& b) {
  Chances sum(a.size() + b.size() - 1, 0.0);
  for (size_t i = 0; i < a.size(); ++i)
    for (size_t j = 0; j < b.size() && a[i] > 0; ++j) sum[i + j] += a[i] * b[j];
  return sum;
}

// Least value whose cumulated chance reaches `share`.
size_t percentile(const Chances& chances, double share) {
  double sum = 0;
  for (size_t i = 0; i < chances.size(); ++i)
    if ((sum += chances[i]) >= share) return i;
  return chances.size() - 1;
}

}  // namespace

double mcnemar(long only_first, long only_second) {
  const long n = only_first + only_second;
  const auto log_n = std::lgamma(static_cast<double>(n) + 1);
  double tail = 0;
  for (long i = 0; i <= std::min(only_first, only_second); ++i)
    tail += std::exp(log_n - std::lgamma(static_cast<double>(i) + 1) -
                     std::lgamma(static_cast<double>(n - i) + 1) -
                     static_cast<double>(n) * std::log(2.0));
  return std::min(1.0, 2 * tail);
}

Interval paired_bootstrap(const std::vector<int>& differences, int draws) {
  assert(!differences.empty() && draws > 0);
  const auto rows = static_cast<double>(differences.size());
  Chances one(2 * static_cast<size_t>(draws) + 1, 0.0);  // of a row's difference + draws
  for (const int d : differences) one.at(static_cast<size_t>(d + draws)) += 1 / rows;
  Chances all{1}, power = one;  // the sum over rows, by repeated squaring
  for (size_t n = differences.size(); n > 0; n /= 2) {
    if (n % 2 == 1) all = convolve(all, power);
    if (n > 1) power = convolve(power, power);
  }
  const double scale = 100 / (rows * draws), shift = rows * draws;
  const auto points = [&](double sum) { return scale * sum; };
  return {.value = points(std::accumulate(differences.begin(), differences.end(), 0.0)),
          .low = points(static_cast<double>(percentile(all, 0.025)) - shift),
          .high = points(static_cast<double>(percentile(all, 0.975)) - shift)};
}

}  // namespace lorahub::report
