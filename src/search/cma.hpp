// CMA-ES with active covariance update, by ask and tell: Hansen, The CMA Evolution Strategy: A
// Tutorial, arXiv 1604.00772. Numbers in parentheses are its equations. It is our own code, since a
// search must ask for the same bits on every processor and must be told from outside; the tests
// compare its state with that of the reference implementation over 60 generations.
#pragma once
#include <Eigen/Core>
#include <limits>
#include <vector>

#include "base/random.hpp"
#include "search/optimizer.hpp"

namespace lorahub::search {

// The constants of Table 1, which depend on the dimension N and the population lambda alone.
struct CmaConstants {
  int mu = 0;  // parents
  Eigen::VectorXd
      weights;        // [lambda] of recombination, best candidate first; the last ones negative
  double mu_eff = 0;  // variance effective selection mass
  double c_1 = 0, c_mu = 0, c_c = 0;  // learning rates of C: rank one, rank mu, path
  double c_sigma = 0, d_sigma = 0;    // learning rate and damping of sigma
  double chi_n = 0;                   // E|N(0, I)|
};
CmaConstants cma_constants(int dim, int population);

struct CmaStart {
  std::vector<double> mean;  // [N]
  double sigma = 0;
  int population = 0;                                      // at least 2
  double bound = std::numeric_limits<double>::infinity();  // candidates stay in [-bound, bound]
};

struct CmaState {
  Eigen::VectorXd mean;                // m [N]
  double sigma = 0;                    // overall standard deviation
  Eigen::MatrixXd covariance;          // C [N, N], symmetric positive definite
  Eigen::VectorXd path_sigma, path_c;  // p_sigma, p_c: evolution paths [N]
  int generation = 0;                  // generations told so far
};

class Cma final : public Optimizer {
 public:
  Cma(const CmaStart& start, base::Stream stream);

  Population ask() override;
  void tell(const Evaluation& found) override;
  std::vector<Distribution> distributions() const override;
  // Tells the losses of any lambda candidates, asked for or not. NaN and inf rank last, equal
  // losses by their order.
  void tell(const Population& population, const Losses& losses);

  const CmaState& state() const { return state_; }

 private:
  Eigen::VectorXd sample();
  Eigen::VectorXd squared_lengths(const Eigen::MatrixXd& y) const;
  void decompose();

  CmaConstants constants_;
  double bound_, least_sigma_;
  base::Stream stream_;
  CmaState state_;
  Eigen::MatrixXd axes_;     // B [N, N]: eigenvectors of C in columns
  Eigen::VectorXd lengths_;  // D [N]: roots of its eigenvalues
  Population asked_;         // empty where ask() was not called since the last tell()
};

// Indices of the losses, best first; NaN and inf last; equals by index.
std::vector<int> ranked(const Losses& losses);

}  // namespace lorahub::search
