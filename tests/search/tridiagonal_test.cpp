#include "search/tridiagonal.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"

namespace lorahub::search {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

// N around the widths of vectors, groups and strips
constexpr Index kSizes[] = {2, 3, 4, 5, 7, 8, 9, 12, 31, 39, 40, 41, 64, 81, 119, 120, 121};

MatrixXd symmetric(Index n) {
  base::Stream stream(static_cast<uint64_t>(n), "tridiagonal");
  MatrixXd matrix(n, n);
  for (Index j = 0; j < n; ++j)
    for (Index i = j; i < n; ++i) matrix(i, j) = matrix(j, i) = 2 * stream.uniform() - 1;
  return matrix;
}

MatrixXd matrix_of(const Tridiagonal& form) {
  MatrixXd matrix = form.diagonal.asDiagonal();
  matrix.diagonal(1) = matrix.diagonal(-1) = form.off;
  return matrix;
}

void expect_form(const MatrixXd& matrix) {
  const Index n = matrix.rows();
  const Householder found = tridiagonal(8 * matrix, 8);
  const MatrixXd q = Orthogonal(found).matrix();
  const double tolerance = 2e-15 * static_cast<double>(n);
  EXPECT_LE((q.transpose() * q - MatrixXd::Identity(n, n)).norm(), tolerance);
  EXPECT_LE((q * matrix_of(found.form) * q.transpose() - matrix).norm(), tolerance);
}

TEST(Tridiagonal, TimesTheReflectionsIsTheMatrix) {
  for (const Index n : kSizes) {
    SCOPED_TRACE(n);
    expect_form(symmetric(n));
    expect_form(MatrixXd::Zero(n, n));
    expect_form(MatrixXd::Ones(n, n));
  }
}

TEST(Tridiagonal, ReadsTheLowerTriangle) {
  MatrixXd matrix = symmetric(21);
  const MatrixXd q = Orthogonal(tridiagonal(matrix, 1)).matrix();
  matrix.triangularView<Eigen::StrictlyUpper>().setConstant(0.5);
  EXPECT_EQ(Orthogonal(tridiagonal(matrix, 1)).matrix(), q);
}

TEST(Tridiagonal, KeepsATridiagonalMatrix) {
  const MatrixXd matrix = matrix_of({.diagonal = Eigen::VectorXd::LinSpaced(20, -1, 1),
                                     .off = Eigen::VectorXd::LinSpaced(19, 0, 1)});
  const Householder found = tridiagonal(matrix, 1);
  EXPECT_EQ(matrix_of(found.form), matrix);
  EXPECT_EQ(Orthogonal(found).matrix(), MatrixXd::Identity(20, 20));
}

TEST(Orthogonal, IsRotatedBySweeps) {
  for (const Index n : kSizes) {
    SCOPED_TRACE(n);
    base::Stream stream(1, "sweeps");
    Orthogonal turned(tridiagonal(symmetric(n), 1));
    MatrixXd expected = turned.matrix();
    Rotations rotations;
    for (Index first = 0; first < n - 1; ++first) {
      const Index count = n - 1 - first;
      PlaneRotation* rotation = rotations.add({.first = first, .count = count});
      for (Index k = first; k < first + count; ++k, ++rotation) {
        const double angle = 6 * stream.uniform();
        *rotation = {.c = std::cos(angle), .s = std::sin(angle)};
        const Eigen::VectorXd x = expected.col(k), y = expected.col(k + 1);
        expected.col(k) = rotation->c * x - rotation->s * y;
        expected.col(k + 1) = rotation->s * x + rotation->c * y;
      }
    }
    turned.rotate(rotations);
    EXPECT_LE((turned.matrix() - expected).norm(), 1e-13);
  }
}

}  // namespace
}  // namespace lorahub::search
