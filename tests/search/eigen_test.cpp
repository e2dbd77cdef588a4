#include "search/eigen.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>

#include "base/random.hpp"

namespace lorahub::search {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

MatrixXd normal(Eigen::Index n, uint64_t seed) {
  base::Stream stream(seed, "eigen");
  MatrixXd matrix(n, n);
  for (double& value : matrix.reshaped()) value = stream.normal();
  return matrix;
}

// V diag(l) V^T is the matrix, V is orthogonal, and l are the eigenvalues that Eigen finds.
void expect_spectrum(const MatrixXd& matrix) {
  const auto n = matrix.rows();
  const Spectrum found = spectrum(matrix);
  const double tolerance = 1e-14 * static_cast<double>(n) * std::max(1.0, matrix.norm());
  EXPECT_LE((found.vectors * found.values.asDiagonal() * found.vectors.transpose() - matrix).norm(),
            tolerance);
  EXPECT_LE((found.vectors.transpose() * found.vectors - MatrixXd::Identity(n, n)).norm(),
            1e-14 * static_cast<double>(n));
  VectorXd values = found.values;
  std::ranges::sort(values);
  const Eigen::SelfAdjointEigenSolver<MatrixXd> theirs(matrix, Eigen::EigenvaluesOnly);
  EXPECT_LE((values - theirs.eigenvalues()).norm(), tolerance);
}

TEST(Spectrum, OfRandomMatricesOfAnySize) {
  for (const int n : {1, 2, 3, 7, 8, 9, 20, 47, 196}) {
    const MatrixXd r = normal(n, static_cast<uint64_t>(n));
    SCOPED_TRACE(n);
    expect_spectrum(r + r.transpose());      // eigenvalues of both signs
    expect_spectrum(r * r.transpose() / n);  // a covariance
  }
}

TEST(Spectrum, OfMatricesWithEqualZeroAndFarApartEigenvalues) {
  const Eigen::Index n = 24;
  const MatrixXd q = Eigen::HouseholderQR<MatrixXd>(normal(n, 1)).householderQ();
  const auto with = [&](const VectorXd& values) -> MatrixXd {
    const MatrixXd m = q * values.asDiagonal() * q.transpose();
    return (m + m.transpose()) / 2;
  };
  VectorXd values = VectorXd::Ones(n);
  expect_spectrum(MatrixXd::Identity(n, n));
  expect_spectrum(MatrixXd::Zero(n, n));
  expect_spectrum(with(values));
  MatrixXd tiny = MatrixXd::Zero(3, 3);  // squares of its corner underflow
  tiny(0, 0) = 1;
  tiny(1, 2) = tiny(2, 1) = 1e-200;
  expect_spectrum(tiny);
  values.head(10).setZero();
  expect_spectrum(with(values));
  for (Eigen::Index i = 0; i < n; ++i) values[i] = std::pow(10.0, -static_cast<double>(i) / 2);
  expect_spectrum(with(values));
}

// Recorded on a Zen 5; a fused multiply-add, or sums in another order, would change the last bits.
TEST(Spectrum, BitsAreThoseOfOtherProcessors) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "recorded on x86-64";
#endif
  MatrixXd matrix(20, 20);
  for (Eigen::Index i = 0; i < 20; ++i)
    for (Eigen::Index j = 0; j < 20; ++j)
      matrix(i, j) = static_cast<double>((i * j) % 7 + (i == j ? 20 : 0));
  const Spectrum found = spectrum(matrix);
  EXPECT_EQ(found.values[3], 0x1.869b3c36fb446p+2);
  EXPECT_EQ(found.vectors(3, 5), -0x1.1d222d8a6019ep-5);
  EXPECT_EQ(found.vectors(19, 17), -0x1.4f2798a6a1f74p-2);
}

}  // namespace
}  // namespace lorahub::search
