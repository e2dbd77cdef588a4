#include "search/cma.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "base/fast_loop.hpp"
#include "search/eigen.hpp"

namespace lorahub::search {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int kMostResamplings = 100;
constexpr double kGuard = 1e-8;      // against division by zero
constexpr double kMostSigma = 1e32;  // flat losses without bounds
// Times the first sigma; below it, y = (x - m) / sigma is rounding.
constexpr double kLeastSigma = 1e-12;

double square(double x) { return x * x; }

struct ColumnMajorMatrix {  // a matrix, column-major
  const double* data;
  Index rows, count, stride;
};

// y += A x. The sums have one fixed order, where Eigen's depends on the sizes of the processor's
// caches.
LORAHUB_PORTABLE_LOOP void add_product_loop(const ColumnMajorMatrix& a, const double* __restrict x,
                                            double* __restrict y) {
  const Index rows = a.rows;
  Index j = 0;
  for (; j + 4 <= a.count; j += 4) {
    const double *a_0 = a.data + j * a.stride, *a_1 = a_0 + a.stride;
    const double *a_2 = a_1 + a.stride, *a_3 = a_2 + a.stride;
    const double x_0 = x[j], x_1 = x[j + 1], x_2 = x[j + 2], x_3 = x[j + 3];
    for (Index i = 0; i < rows; ++i)
      y[i] += (a_0[i] * x_0 + a_1[i] * x_1) + (a_2[i] * x_2 + a_3[i] * x_3);
  }
  for (; j < a.count; ++j) {
    const double *a_0 = a.data + j * a.stride, x_0 = x[j];
    for (Index i = 0; i < rows; ++i) y[i] += a_0[i] * x_0;
  }
}

using MatrixView = Eigen::Ref<const MatrixXd, 0, Eigen::OuterStride<>>;

void add_product(const MatrixView& a, const VectorXd& x, Eigen::Ref<VectorXd> y) {
  assert(a.cols() == x.size() && a.rows() == y.size());
  add_product_loop(
      {.data = a.data(), .rows = a.rows(), .count = a.cols(), .stride = a.outerStride()}, x.data(),
      y.data());
}

// C = kept C + Y diag(w) Y^T
void update(MatrixXd& covariance, double kept, const MatrixXd& y, const VectorXd& w) {
  for (Index j = 0, n = covariance.cols(); j < n; ++j) {
    auto column = covariance.col(j).tail(n - j);
    column *= kept;
    add_product(y.bottomRows(n - j), w.cwiseProduct(y.row(j).transpose()), column);
    covariance.row(j).tail(n - j) = column.transpose();
  }
}

}  // namespace

std::vector<int> ranked(const Losses& losses) {
  const auto key = [&](int i) {
    const double loss = losses[static_cast<size_t>(i)];
    return std::isnan(loss) ? std::numeric_limits<double>::infinity() : loss;
  };
  std::vector<int> order(losses.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, key);
  return order;
}

CmaConstants cma_constants(int dim, int population) {
  assert(dim >= 1 && population >= 2);
  const double n = dim;
  CmaConstants c;
  c.mu = population / 2;
  VectorXd w(population);  // (49)
  for (Index i = 0; i < population; ++i)
    w[i] = std::log((population + 1) / 2.0) - std::log(static_cast<double>(i + 1));
  const auto mass = [](const auto& part) { return square(part.sum()) / part.squaredNorm(); };
  c.mu_eff = mass(w.head(c.mu));
  const double mu_eff_minus = mass(w.tail(population - c.mu));
  c.c_sigma = (c.mu_eff + 2) / (n + c.mu_eff + 5);  // (55)
  c.d_sigma = 1 + 2 * std::max(0.0, std::sqrt((c.mu_eff - 1) / (n + 1)) - 1) + c.c_sigma;
  c.c_c = (4 + c.mu_eff / n) / (n + 4 + 2 * c.mu_eff / n);  // (56)
  c.c_1 = 2 / (square(n + 1.3) + c.mu_eff);                 // (57)
  c.c_mu = std::min(1 - c.c_1 - kGuard,
                    2 * (c.mu_eff - 2 + 1 / c.mu_eff) / (square(n + 2) + c.mu_eff));  // (58)
  const double negative =
      std::min({1 + c.c_1 / c.c_mu,                     // (50); inf where c_mu = 0
                1 + 2 * mu_eff_minus / (c.mu_eff + 2),  // (51)
                (1 - c.c_1 - c.c_mu) / (n * c.c_mu)});  // (52): C stays positive
  const double positive_sum = w.cwiseMax(0).sum(), negative_sum = -w.cwiseMin(0).sum();
  c.weights = (w.array() >= 0).select(w / positive_sum, w * (negative / negative_sum));  // (53)
  c.chi_n = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
  return c;
}

Cma::Cma(const CmaStart& start, base::Stream stream)
    : constants_(cma_constants(static_cast<int>(start.mean.size()), start.population)),
      bound_(start.bound),
      least_sigma_(start.sigma * kLeastSigma),
      stream_(stream) {
  assert(start.sigma > 0 && start.bound > 0);
  const Index n = static_cast<Index>(start.mean.size());
  state_ = {.mean = Eigen::Map<const VectorXd>(start.mean.data(), n),
            .sigma = start.sigma,
            .covariance = MatrixXd::Identity(n, n),
            .path_sigma = VectorXd::Zero(n),
            .path_c = VectorXd::Zero(n),
            .generation = 0};
  decompose();
}

// C = B D^2 B^T. Eigenvalues that rounding made negative become small positive ones.
void Cma::decompose() {
  MatrixXd& covariance = state_.covariance;
  Spectrum found = spectrum(covariance);
  axes_ = std::move(found.vectors);
  const auto values = found.values.array();
  lengths_ = (values > 0).select(values, kGuard).sqrt();
  if ((values <= 0).any())
    covariance = axes_ * lengths_.cwiseAbs2().asDiagonal() * axes_.transpose();
}

// y^T C^(-1) y of each column: the squares of D^(-1) B^T y summed
VectorXd Cma::squared_lengths(const MatrixXd& y) const {
  const MatrixXd rows = y.transpose();
  VectorXd sums = VectorXd::Zero(y.cols()), along(y.cols());
  for (Index k = 0; k < axes_.cols(); ++k) {
    along.setZero();
    add_product(rows, axes_.col(k), along);
    sums += (along / lengths_[k]).cwiseAbs2();
  }
  return sums;
}

VectorXd Cma::sample() {
  VectorXd z(state_.mean.size());  // (38): N(0, I)
  for (double& value : z) value = stream_.normal();
  VectorXd y = VectorXd::Zero(z.size());
  add_product(axes_, lengths_.cwiseProduct(z), y);  // (39): N(0, C)
  return state_.mean + state_.sigma * y;            // (40): N(m, sigma^2 C)
}

Population Cma::ask() {
  if (asked_.size() > 0) return asked_;
  asked_.dim = static_cast<int>(state_.mean.size());
  for (Index k = 0; k < constants_.weights.size(); ++k) {
    VectorXd x = sample();
    int tries = 0;
    while (x.cwiseAbs().maxCoeff() > bound_ && ++tries <= kMostResamplings) x = sample();
    x = x.cwiseMax(-bound_).cwiseMin(bound_);
    asked_.add(std::span(x.data(), static_cast<size_t>(x.size())));
  }
  return asked_;
}

std::vector<Distribution> Cma::distributions() const {
  return {{.sigma = state_.sigma,
           .axis_ratio = lengths_.maxCoeff() / lengths_.minCoeff(),
           .mean = {state_.mean.begin(), state_.mean.end()}}};
}

void Cma::tell(const Evaluation& found) {
  assert(asked_.size() > 0);
  tell(std::exchange(asked_, {}), found.losses);
}

void Cma::tell(const Population& population, const Losses& losses) {
  const CmaConstants& c = constants_;
  CmaState& s = state_;
  const Index n = s.mean.size(), lambda = c.weights.size();
  assert(population.dim == n && population.size() == lambda);
  assert(static_cast<Index>(losses.size()) == lambda);
  asked_ = {};
  ++s.generation;

  const Eigen::Map<const MatrixXd> x(population.weights.data(), n, lambda);
  const MatrixXd y = (x(Eigen::all, ranked(losses)).colwise() - s.mean) / s.sigma;  // best first
  const VectorXd y_w = y.leftCols(c.mu) * c.weights.head(c.mu);                     // (41)
  s.mean += s.sigma * y_w;                                                          // (42), c_m = 1

  const VectorXd whitened = lengths_.cwiseInverse().asDiagonal() * (axes_.transpose() * y_w);
  s.path_sigma = (1 - c.c_sigma) * s.path_sigma +
                 std::sqrt(c.c_sigma * (2 - c.c_sigma) * c.mu_eff) * axes_ * whitened;  // (43)
  const double length = s.path_sigma.norm();
  s.sigma *= std::exp(c.c_sigma / c.d_sigma * (length / c.chi_n - 1));  // (44)
  s.sigma = std::clamp(s.sigma, least_sigma_, kMostSigma);

  // The path of C is stalled while that of sigma is long, lest C grow in a sigma that is too small.
  const double grown = std::sqrt(1 - std::pow(1 - c.c_sigma, 2 * (s.generation + 1)));
  const bool h = length / grown < (1.4 + 2 / (static_cast<double>(n) + 1)) * c.chi_n;
  s.path_c *= 1 - c.c_c;
  if (h) s.path_c += std::sqrt(c.c_c * (2 - c.c_c) * c.mu_eff) * y_w;  // (45)

  VectorXd w = c.weights;  // (46): a bad candidate's step counts as one of the length sqrt(N)
  const Index bad = (w.array() < 0).count();
  w.tail(bad).array() *=
      static_cast<double>(n) / (squared_lengths(y.rightCols(bad)).array() + kGuard);
  const double stalled = h ? 0 : c.c_c * (2 - c.c_c);
  MatrixXd steps(n, lambda + 1);  // (47)
  steps << y, s.path_c;
  VectorXd rates(lambda + 1);
  rates << c.c_mu * w, c.c_1;
  update(s.covariance, 1 + c.c_1 * stalled - c.c_1 - c.c_mu * c.weights.sum(), steps, rates);
  decompose();
}

}  // namespace lorahub::search
