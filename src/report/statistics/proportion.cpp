#include "report/statistics/proportion.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace lorahub::report {
namespace {

constexpr double kNormal = 1.959963984540054;  // the 97.5 % quantile of the normal distribution

}  // namespace

Interval wilson(long hits, long rows) {
  assert(rows > 0 && hits >= 0 && hits <= rows);
  const auto n = static_cast<double>(rows);
  const double share = static_cast<double>(hits) / n, z2 = kNormal * kNormal;
  const double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const double half =
      kNormal / (1 + z2 / n) * std::sqrt(share * (1 - share) / n + z2 / (4 * n * n));
  return {.value = 100 * share,
          .low = hits == 0 ? 0 : 100 * std::max(0.0, centre - half),
          .high = hits == rows ? 100 : 100 * std::min(1.0, centre + half)};
}

}  // namespace lorahub::report
