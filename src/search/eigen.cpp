#include "search/eigen.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#include "base/fast_loop.hpp"

namespace lorahub::search {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr int kMostSteps = 30;  // of an eigenvalue, on average (usual: fewer than 2)
constexpr Index kStrip = 64;  // rows that are turned together: enough for the processor to overlap

struct Rotations {
  std::vector<double> c, s;  // of columns (first, first + 1), (first + 1, first + 2), ...
};

struct Columns {
  double* data;  // column-major
  Index rows;
};

// columns [rows, count + 1]: G_0 G_1 ... from the right. A strip of rows at a time:
// a column is read and written once for two rotations.
LORAHUB_PORTABLE_LOOP void rotate_loop(Columns block, const double* __restrict c,
                                       const double* __restrict s, Index count) {
  double* __restrict columns = block.data;
  const Index rows = block.rows;
  double carried[kStrip];
  for (Index row = 0; row < rows; row += kStrip) {
    const Index width = rows - row < kStrip ? rows - row : kStrip;
    for (Index i = 0; i < width; ++i) carried[i] = columns[row + i];
    for (Index k = 0; k < count; ++k) {
      double* here = columns + k * rows + row;
      for (Index i = 0; i < width; ++i) {
        const double next = here[rows + i];
        here[i] = c[k] * carried[i] - s[k] * next;
        carried[i] = s[k] * carried[i] + c[k] * next;
      }
    }
    for (Index i = 0; i < width; ++i) columns[count * rows + row + i] = carried[i];
  }
}

double wilkinson_shift(double before, double last, double off) {
  const double half = (before - last) / 2;
  const double h = std::sqrt(half * half + off * off);
  return last - off * (off / (half + std::copysign(h, half)));
}

struct Tridiagonal {
  VectorXd diagonal, off;  // [N], [N - 1]
};

// One QR step on the unreduced part [first, last].
void step(Tridiagonal& t, Index first, Index last, Rotations& rotations) {
  VectorXd& diagonal = t.diagonal;
  VectorXd& off = t.off;
  rotations = {};
  double x = diagonal[first] - wilkinson_shift(diagonal[last - 1], diagonal[last], off[last - 1]);
  double z = off[first];
  for (Index k = first; k < last && z != 0; ++k) {
    const double inverse = 1 / std::sqrt(x * x + z * z);
    const double c = x * inverse, s = -z * inverse;
    const double d = diagonal[k], e = off[k], next = diagonal[k + 1];
    if (k > first) off[k - 1] = c * off[k - 1] - s * z;
    diagonal[k] = c * (c * d - s * e) - s * (c * e - s * next);
    diagonal[k + 1] = s * (s * d + c * e) + c * (s * e + c * next);
    off[k] = c * (s * d + c * e) - s * (s * e + c * next);
    x = off[k];
    if (k + 1 < last) {
      z = -s * off[k + 1];
      off[k + 1] *= c;
    }
    rotations.c.push_back(c);
    rotations.s.push_back(s);
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
  const Eigen::Tridiagonalization<Eigen::MatrixXd> form(matrix / size);  // squares stay in range
  Spectrum result{.values = {}, .vectors = form.matrixQ()};
  Tridiagonal t{.diagonal = form.diagonal(), .off = form.subDiagonal()};
  Rotations rotations;
  Index last = n - 1;
  for (Index steps = 0; last > 0 && steps < kMostSteps * n; ++steps) {
    deflate(t, last);
    while (last > 0 && t.off[last - 1] == 0) --last;
    if (last == 0) break;
    Index first = last - 1;
    while (first > 0 && t.off[first - 1] != 0) --first;
    step(t, first, last, rotations);
    rotate_loop({.data = result.vectors.col(first).data(), .rows = n}, rotations.c.data(),
                rotations.s.data(), static_cast<Index>(rotations.c.size()));
  }
  assert(last == 0);
  result.values = size * t.diagonal;
  return result;
}

}  // namespace lorahub::search
