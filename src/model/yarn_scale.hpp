// How YaRN scales cos and sin (arXiv 2309.00071, section 3.4).
#pragma once
#include <cmath>

namespace lorahub::model {

// 0.1 `by` ln(factor) + 1, and 1 for a factor of at most 1.
inline double yarn_scale(double factor, double by = 1) {
  return factor <= 1 ? 1 : 0.1 * by * std::log(factor) + 1;
}

}  // namespace lorahub::model
