// A loss smoothed over points around the weights, for searches along its gradient: five examples
// leave sharp minima that answer other rows badly, and the mean over a neighbourhood has fewer. The
// points are drawn once a search (sample average approximation: Kleywegt, Shapiro and
// Homem-de-Mello, 2002), so that the smoothed loss is one function, which BFGS can follow.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "search/population.hpp"

namespace lorahub::search {

class SmoothingPoints {
 public:
  // Draws `pairs` points around `dim` weights, normal with this standard deviation, each with its
  // mirror image. With a deviation of 0 the weights themselves are the only point.
  SmoothingPoints(double deviation, int pairs, int dim, uint64_t seed);

  Population around(std::span<const double> weights) const;  // [2 pairs, N], or [1, N]

 private:
  int dim_;                    // N
  std::vector<double> draws_;  // [pairs, N]
};

// The smoothed loss and its gradient, each the mean over the points. Where a point has no finite
// loss, the first such evaluation: inf, its cause and no gradient.
Evaluation mean(std::span<const Evaluation> points);

}  // namespace lorahub::search
