#include "search/smoothing_points.hpp"

#include <cassert>
#include <cmath>
#include <limits>

#include "base/random.hpp"

namespace lorahub::search {

SmoothingPoints::SmoothingPoints(double deviation, int pairs, int dim, uint64_t seed) : dim_(dim) {
  if (deviation == 0) return;
  base::Stream stream(seed, "smoothing");
  draws_.resize(static_cast<size_t>(pairs) * static_cast<size_t>(dim));
  for (double& draw : draws_) draw = deviation * stream.normal();
}

Population SmoothingPoints::around(std::span<const double> weights) const {
  assert(static_cast<int>(weights.size()) == dim_);
  Population all{.dim = dim_, .weights = {}};
  if (draws_.empty()) all.add(weights);
  for (size_t first = 0; first < draws_.size(); first += weights.size())
    for (const double side : {1.0, -1.0})
      for (size_t i = 0; i < weights.size(); ++i)
        all.weights.push_back(weights[i] + side * draws_[first + i]);
  return all;
}

Evaluation mean(std::span<const Evaluation> points) {
  Evaluation sum({0.0});
  sum.gradient.resize(points.front().gradient.size());
  const auto count = static_cast<double>(points.size());
  for (const Evaluation& point : points) {
    if (!std::isfinite(point.losses[0])) return point;
    sum.losses[0] += point.losses[0] / count;
    for (size_t i = 0; i < sum.gradient.size(); ++i) sum.gradient[i] += point.gradient[i] / count;
  }
  return sum;
}

}  // namespace lorahub::search
