// Descent of a function of few dimensions whose gradient is known: BFGS with the inverse of the
// Hessian (Nocedal and Wright, Numerical Optimization, 2nd edition, 6.17 and 6.20), and steps of
// bounded length. It is our own code, since the libraries call the objective themselves and we need
// ask and tell.
#pragma once
#include <Eigen/Core>
#include <vector>

#include "search/optimizer.hpp"

namespace lorahub::search {

class Bfgs final : public Optimizer {
 public:
  // The first point, and how far each coordinate may be from 0.
  Bfgs(const std::vector<double>& start, double bound);

  Population ask() override;  // one candidate
  // Its loss and gradient. A loss without a gradient is treated as one above the least so far: the
  // next step is shorter.
  void tell(const Evaluation& found) override;

 private:
  void learn(const Eigen::VectorXd& step, const Eigen::VectorXd& change);
  Eigen::VectorXd direction() const;

  double bound_;
  Eigen::VectorXd asked_;            // [N]
  Eigen::VectorXd best_, gradient_;  // the point of least value so far, and its gradient; [0]: none
  double least_ = 0;
  Eigen::MatrixXd inverse_;  // of the Hessian, [N, N]; [0, 0] until a step has shown a curvature
  double share_ = 1;         // the part of direction() that the next step takes
};

}  // namespace lorahub::search
