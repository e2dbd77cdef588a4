// COBYLA without constraints, as the official LoraHub uses it (nevergrad's NGOpt chooses it):
// linear models by interpolation in a simplex. M. J. D. Powell, A direct search optimization method
// that models the objective and constraint functions by linear interpolation, in: Advances in
// Optimization and Numerical Analysis, 1994. It is our own code, since the libraries call the
// objective themselves and we need ask and tell; the tests compare its points with those of the
// official program, step by step.
#pragma once
#include <Eigen/Core>
#include <vector>

#include "search/optimizer.hpp"
#include "search/questions.hpp"

namespace lorahub::search {

struct CobylaStart {
  int dim = 0;
  double rho = 0.5;    // first radius of the trust region
  double bound = 1.5;  // candidates stay in [-bound, bound]
};

// Starts at zero, asks one candidate at a time and draws no random numbers. The algorithm itself
// knows no bounds: a point outside is reflected once at the bound and then clipped.
class Cobyla final : public Optimizer {
 public:
  explicit Cobyla(CobylaStart start);

  Population ask() override;
  // While the first N + 1 points are asked, the next one depends only on which of two losses is the
  // lower: both outcomes of the next steps are played through.
  Population foresee(int most) const override;
  // NaN, inf and more than 5e20 count as 5e20, as in nevergrad.
  void tell(const Evaluation& found) override;

 private:
  CobylaStart start_;
  Questions run_;
  Eigen::VectorXd best_;  // the algorithm's own best point, from which it starts anew when it ends
  double best_loss_;
  std::vector<double> told_;  // losses of the first N + 1 points
};

}  // namespace lorahub::search
