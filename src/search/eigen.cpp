#include "search/eigen.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "search/tridiagonal.hpp"

namespace lorahub::search {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr size_t kMostRotations = 4096;  // kept before they are applied: 64 KB stay in the cache
constexpr double kLeastBulge = 1e-150;   // in a matrix of size 1; its square does not underflow
constexpr int kMostSteps = 30;           // of an eigenvalue, on average (usual: fewer than 2)

double wilkinson_shift(double before, double last, double off) {
  const double half = (before - last) / 2;
  const double h = std::sqrt(half * half + off * off);
  return last - off * (off / (half + std::copysign(h, half)));
}

// One QR step on the unreduced part [first, last]: (x, z) are the elements that a rotation turns
// into (length, 0). The next x needs c^2, s^2 and c s only, so it does not wait for the square
// root.
void step(Tridiagonal& t, Index first, Index last, PlaneRotation* rotations) {
  VectorXd& off = t.off;
  double d = t.diagonal[first], e = off[first], z = e, z_squared = z * z;
  double x = d - wilkinson_shift(t.diagonal[last - 1], t.diagonal[last], off[last - 1]);
  for (Index k = first; k < last && std::abs(z) > kLeastBulge; ++k, ++rotations) {
    const double squares = x * x + z_squared, inverse = 1 / squares;
    const double length = std::sqrt(squares), inverse_length = length * inverse;
    const double cc = x * x * inverse, ss = z * z * inverse, cs = -(x * z) * inverse;
    const double c = x * inverse_length, s = -z * inverse_length;
    *rotations = {.c = c, .s = s};
    const double next = t.diagonal[k + 1], twice = 2 * cs * e;
    if (k > first) off[k - 1] = length;
    t.diagonal[k] = cc * d - twice + ss * next;
    x = cs * (d - next) + (cc - ss) * e;
    d = ss * d + twice + cc * next;
    t.diagonal[k + 1] = d;
    off[k] = x;
    if (k + 1 == last) break;
    const double below = off[k + 1];
    z = -s * below;
    z_squared = ss * (below * below);
    e = c * below;
    off[k + 1] = e;
  }
}

// Elements beside the diagonal that no longer matter become zero; the matrix's largest is about 1.
void deflate(Tridiagonal& t, Index last) {
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  for (Index i = 0; i < last; ++i) {
    const double size = std::abs(t.diagonal[i]) + std::abs(t.diagonal[i + 1]);
    if (std::abs(t.off[i]) <= std::max(kEpsilon * size, kEpsilon * kEpsilon)) t.off[i] = 0;
  }
}

}  // namespace

Spectrum spectrum(const Eigen::MatrixXd& matrix) {
  const Index n = matrix.rows();
  assert(n >= 1 && matrix.cols() == n && matrix.allFinite());
  if (n == 1) return {.values = matrix.diagonal(), .vectors = Eigen::MatrixXd::Ones(1, 1)};
  const double size = std::max(matrix.cwiseAbs().maxCoeff(), std::numeric_limits<double>::min());
  Householder householder = tridiagonal(matrix, size);  // squares stay in range
  Orthogonal vectors(householder);
  Tridiagonal& t = householder.form;
  Rotations rotations;
  Index last = n - 1;
  for (Index steps = 0; last > 0 && steps < kMostSteps * n; ++steps) {
    deflate(t, last);
    while (last > 0 && t.off[last - 1] == 0) --last;
    if (last == 0) break;
    Index first = last - 1;
    while (first > 0 && t.off[first - 1] != 0) --first;
    step(t, first, last, rotations.add({.first = first, .count = last - first}));
    if (rotations.all.size() < kMostRotations) continue;
    vectors.rotate(rotations);
    rotations.sweeps.clear();
    rotations.all.clear();
  }
  assert(last == 0);
  vectors.rotate(rotations);
  return {.values = size * t.diagonal, .vectors = vectors.matrix()};
}

}  // namespace lorahub::search
