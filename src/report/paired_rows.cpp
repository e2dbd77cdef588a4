#include "report/paired_rows.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "base/random.hpp"

namespace lorahub::report {
namespace {

constexpr size_t kReplicates = 10000;

size_t pick(base::Stream& random, size_t n) {
  return static_cast<size_t>(uint64_t{random.bits()} * n >> 32);
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

Interval paired_bootstrap(const std::vector<std::vector<int>>& differences) {
  const size_t draws = differences.size(), rows = differences.at(0).size();
  assert(rows > 0);
  std::vector<float> columns(draws * rows);  // [row][draw]
  for (size_t d = 0; d < draws; ++d)
    for (size_t r = 0; r < rows; ++r)
      columns[r * draws + d] = static_cast<float>(differences[d][r]);
  base::Stream random(1, "rows");
  std::vector<float> sums(draws);
  std::vector<double> found(kReplicates);
  for (double& replicate : found) {
    std::ranges::fill(sums, 0.0F);
    for (size_t i = 0; i < rows; ++i) {
      const float* column = &columns[pick(random, rows) * draws];
      for (size_t d = 0; d < draws; ++d) sums[d] += column[d];
    }
    for (size_t d = 0; d < draws; ++d) replicate += static_cast<double>(sums[pick(random, draws)]);
  }
  std::ranges::sort(found);
  const double scale = 100 / static_cast<double>(rows * draws);
  return {
      .value = scale * static_cast<double>(std::accumulate(columns.begin(), columns.end(), 0.0F)),
      .low = scale * found[kReplicates / 40 - 1],
      .high = scale * found[kReplicates - kReplicates / 40]};
}

}  // namespace lorahub::report
