#include "search/eigen.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

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
  for (const int n : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 20, 39, 40, 41, 47, 79, 80, 81, 196}) {
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

MatrixXd tridiagonal_matrix(const VectorXd& diagonal, const VectorXd& off) {
  MatrixXd matrix = diagonal.asDiagonal();
  matrix.diagonal(1) = matrix.diagonal(-1) = off;
  return matrix;
}

TEST(Spectrum, OfTridiagonalMatrices) {
  const Eigen::Index n = 41;
  const VectorXd ones = VectorXd::Ones(n - 1);
  expect_spectrum(tridiagonal_matrix(VectorXd::Zero(n), ones));
  VectorXd wilkinson(n);  // pairs of eigenvalues that agree to many digits
  for (Eigen::Index i = 0; i < n; ++i) wilkinson[i] = std::abs(static_cast<double>(i - n / 2));
  expect_spectrum(tridiagonal_matrix(wilkinson, ones));
  VectorXd fading(n - 1);  // down to where squares underflow
  for (Eigen::Index i = 0; i < n - 1; ++i)
    fading[i] = std::pow(10.0, -7.0 * static_cast<double>(i));
  expect_spectrum(tridiagonal_matrix(VectorXd::Zero(n), fading));
  expect_spectrum(tridiagonal_matrix(VectorXd::Ones(n), fading.reverse()));
  expect_spectrum(tridiagonal_matrix(wilkinson, fading));
}

TEST(Spectrum, OfMatricesOfAnyScale) {
  const MatrixXd r = normal(21, 5);
  for (const double scale : {1e-140, 1e140}) {
    const Spectrum found = spectrum(scale * (r + r.transpose()));
    EXPECT_LE((found.vectors * (found.values / scale).asDiagonal() * found.vectors.transpose() - r -
               r.transpose())
                  .norm(),
              1e-12);
  }
}

// A covariance's start: a few directions learnt, all others equal.
TEST(Spectrum, OfTheUnitMatrixAndAFewDirections) {
  for (const int n : {20, 81, 196}) {
    const MatrixXd r = normal(n, 3).leftCols(n / 3);
    expect_spectrum(MatrixXd::Identity(n, n) + 0.01 * r * r.transpose());
  }
}

// Recorded on a Zen 4; a fused multiply-add, or sums in another order, would change the last bits.
TEST(Spectrum, BitsAreThoseOfOtherProcessors) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "recorded on x86-64";
#endif
  MatrixXd matrix(50, 50);
  for (Eigen::Index i = 0; i < 50; ++i)
    for (Eigen::Index j = 0; j < 50; ++j)
      matrix(i, j) = static_cast<double>((i * j) % 7) + 1.0 / static_cast<double>(i + j + 1);
  const Spectrum found = spectrum(matrix);
  EXPECT_EQ(found.values[3], -0x1.283e16512e404p+5);
  EXPECT_EQ(found.vectors(3, 5), 0x1.d3ea25e66b0c1p-3);
  EXPECT_EQ(found.vectors(49, 17), 0x1.27464141aaa5cp-2);
}

}  // namespace
}  // namespace lorahub::search
