// How far losses of a population are off, beside how far they lie apart.
#pragma once
#include <cmath>
#include <numeric>
#include <vector>

namespace lorahub::test {

// sqrt(sum (found - exact)^2 / sum (exact - mean)^2).
inline double relative_error(const std::vector<double>& exact, const std::vector<double>& found) {
  const double mean =
      std::accumulate(exact.begin(), exact.end(), 0.0) / static_cast<double>(exact.size());
  double spread = 0, error = 0;
  for (size_t p = 0; p < exact.size(); ++p) {
    spread += (exact[p] - mean) * (exact[p] - mean);
    error += (found[p] - exact[p]) * (found[p] - exact[p]);
  }
  return std::sqrt(error / spread);
}

}  // namespace lorahub::test
