#include "search/adam.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lorahub::search {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kDivisorFloor = 1e-8;

}  // namespace

Adam::Adam(std::vector<double> start, double bound, Course course)
    : bound_(bound),
      course_(course),
      asked_(std::move(start)),
      first_(asked_.size()),
      second_(asked_.size()) {}

Population Adam::ask() { return {.dim = static_cast<int>(asked_.size()), .weights = asked_}; }

void Adam::tell(const Evaluation& found) {
  const double left = 1 - static_cast<double>(told_++) / course_.steps;
  if (found.gradient.size() != asked_.size()) return;
  ++moved_;
  const double rate = course_.rate * std::max(0.0, left) / (1 - std::pow(kBeta1, moved_));
  const double correction = std::sqrt(1 - std::pow(kBeta2, moved_));
  for (size_t i = 0; i < asked_.size(); ++i) {
    const double g = found.gradient[i];
    first_[i] += (1 - kBeta1) * (g - first_[i]);
    second_[i] = kBeta2 * second_[i] + (1 - kBeta2) * g * g;
    const double length = std::sqrt(second_[i]) / correction + kDivisorFloor;
    asked_[i] = std::clamp(asked_[i] - rate * first_[i] / length, -bound_, bound_);
  }
}

}  // namespace lorahub::search
