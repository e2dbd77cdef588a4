#include "search/bfgs.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace lorahub::search {
namespace {

// The longest step, in mixing weights; the first one has this length, too. Most good mixtures of
// the mini-lab's development targets lie 0.4 to 1.2 from the start. No other length was tried.
constexpr double kLongest = 0.3;
constexpr double kShorter = 0.4, kLonger = 2;  // by which the share of a step changes
constexpr double kLeastCurvature = 1e-8;       // cosine between a step and the gradient's change

}  // namespace

Bfgs::Bfgs(const std::vector<double>& start, double bound)
    : bound_(bound),
      asked_(Eigen::Map<const Eigen::VectorXd>(start.data(),
                                               static_cast<Eigen::Index>(start.size()))) {}

Population Bfgs::ask() {
  return {.dim = static_cast<int>(asked_.size()), .weights = {asked_.begin(), asked_.end()}};
}

void Bfgs::learn(const Eigen::VectorXd& step, const Eigen::VectorXd& change) {
  const double curvature = step.dot(change);
  if (!(curvature > kLeastCurvature * step.norm() * change.norm())) return;
  const Eigen::Index n = step.size();
  if (inverse_.size() == 0)
    inverse_ = Eigen::MatrixXd::Identity(n, n) * (curvature / change.squaredNorm());
  const Eigen::VectorXd seen = inverse_ * change;
  inverse_ += (curvature + change.dot(seen)) / (curvature * curvature) * step * step.transpose() -
              (seen * step.transpose() + step * seen.transpose()) / curvature;
}

Eigen::VectorXd Bfgs::direction() const {
  Eigen::VectorXd step =
      inverse_.size() == 0 ? Eigen::VectorXd(-gradient_) : Eigen::VectorXd(-(inverse_ * gradient_));
  if (!(step.dot(gradient_) < 0)) step = -gradient_;
  const double length = step.norm();
  const bool is_known = inverse_.size() > 0;
  if (length > 0 && (length > kLongest || !is_known)) step *= kLongest / length;
  return step;
}

void Bfgs::tell(const Evaluation& found) {
  assert(found.losses.size() == 1);
  const double value = found.losses[0];
  const Eigen::Map<const Eigen::VectorXd> here(found.gradient.data(),
                                               static_cast<Eigen::Index>(found.gradient.size()));
  const bool is_finite = here.size() == asked_.size() && std::isfinite(value) && here.allFinite();
  if (best_.size() == 0) {
    if (!is_finite) return;  // nothing is known: the same point is asked for again
  } else if (is_finite) {
    learn(asked_ - best_, here - gradient_);
  }
  if (best_.size() == 0 || (is_finite && value < least_)) {
    share_ = best_.size() == 0 ? 1 : std::min(1.0, share_ * kLonger);
    best_ = asked_;
    gradient_ = here;
    least_ = value;
  } else {
    share_ *= kShorter;
  }
  asked_ = (best_ + share_ * direction()).cwiseMax(-bound_).cwiseMin(bound_);
}

}  // namespace lorahub::search
