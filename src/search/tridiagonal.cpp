#include "search/tridiagonal.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "base/fast_loop.hpp"

namespace lorahub::search {
namespace {

using Eigen::Index;

constexpr Index kWidth = Panel::kWidth;
constexpr Index kGroup = 4;   // columns, rows or rotations in one loop: fewer loads and stores
constexpr Index kStrip = 40;  // rows or columns turned together: N = 196 of them take 63 KB

LORAHUB_PORTABLE_LOOP double dot(const double* x, const double* y, Index count) {
  double sums[kWidth] = {};
  for (Index i = 0; i < count; i += kWidth)
    for (Index k = 0; k < kWidth; ++k) sums[k] += x[i + k] * y[i + k];
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

struct RankTwo {  // v w^T + w v^T, to be taken from A
  const double *v, *w;
};

struct Square {
  double* a;
  Index first, stride;  // rows and columns [first, stride), both multiples of kWidth
};

// A -= v w^T + w v^T and product = A x in one pass over A's lower triangle, with whole blocks of
// kWidth rows and columns on the diagonal.
LORAHUB_PORTABLE_LOOP void update_and_multiply(const Square& square, const RankTwo& change,
                                               const double* __restrict x,
                                               double* __restrict product) {
  const Index first = square.first, stride = square.stride;
  const double* __restrict v = change.v;
  const double* __restrict w = change.w;
  for (Index i = first; i < stride; ++i) product[i] = 0;
  for (Index j = first; j < stride; j += kGroup) {
    double *a_0 = square.a + j * stride, *a_1 = a_0 + stride, *a_2 = a_1 + stride;
    double* a_3 = a_2 + stride;
    const double v_0 = v[j], v_1 = v[j + 1], v_2 = v[j + 2], v_3 = v[j + 3];
    const double w_0 = w[j], w_1 = w[j + 1], w_2 = w[j + 2], w_3 = w[j + 3];
    const double x_0 = x[j], x_1 = x[j + 1], x_2 = x[j + 2], x_3 = x[j + 3];
    const Index diagonal = j / kWidth * kWidth;
    LORAHUB_INDEPENDENT
    for (Index i = diagonal; i < stride; ++i) {
      a_0[i] -= v[i] * w_0 + w[i] * v_0;
      a_1[i] -= v[i] * w_1 + w[i] * v_1;
      a_2[i] -= v[i] * w_2 + w[i] * v_2;
      a_3[i] -= v[i] * w_3 + w[i] * v_3;
      product[i] += (a_0[i] * x_0 + a_1[i] * x_1) + (a_2[i] * x_2 + a_3[i] * x_3);
    }
    for (Index k = j; k < j + kGroup; ++k) {  // the upper triangle's part
      const double* __restrict column = square.a + k * stride;
      double sums[kWidth] = {};
      for (Index i = diagonal + kWidth; i < stride; i += kWidth)
        for (Index l = 0; l < kWidth; ++l) sums[l] += column[i + l] * x[i + l];
      product[k] +=
          ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
    }
  }
}

struct Pair {  // of reflections: first u's, then v's
  const double *u, *v;
  double tau_u, tau_v;
  double product;     // u^T v
  Index first, rows;  // both are zero outside [first, rows), multiples of kGroup
};

// strip [rows, kStrip], row-major: H_v H_u strip
LORAHUB_PORTABLE_LOOP void reflect(double* __restrict strip, const Pair& pair) {
  const double* __restrict u = pair.u;
  const double* __restrict v = pair.v;
  double along_u[kStrip] = {}, along_v[kStrip] = {};
  for (Index i = pair.first; i < pair.rows; i += kGroup) {
    const double* __restrict row = strip + i * kStrip;
    const double u_0 = u[i], u_1 = u[i + 1], u_2 = u[i + 2], u_3 = u[i + 3];
    const double v_0 = v[i], v_1 = v[i + 1], v_2 = v[i + 2], v_3 = v[i + 3];
    for (Index k = 0; k < kStrip; ++k) {
      const double a = row[k], b = row[kStrip + k], c = row[2 * kStrip + k],
                   d = row[3 * kStrip + k];
      along_u[k] += (u_0 * a + u_1 * b) + (u_2 * c + u_3 * d);
      along_v[k] += (v_0 * a + v_1 * b) + (v_2 * c + v_3 * d);
    }
  }
  for (Index k = 0; k < kStrip; ++k) {
    along_u[k] *= pair.tau_u;
    along_v[k] = pair.tau_v * (along_v[k] - pair.product * along_u[k]);
  }
  for (Index i = pair.first; i < pair.rows; i += 2) {
    double* __restrict row = strip + i * kStrip;
    double* __restrict below = row + kStrip;
    const double u_0 = u[i], u_1 = u[i + 1], v_0 = v[i], v_1 = v[i + 1];
    for (Index k = 0; k < kStrip; ++k) {
      row[k] -= u_0 * along_u[k] + v_0 * along_v[k];
      below[k] -= u_1 * along_u[k] + v_1 * along_v[k];
    }
  }
}

// strip [kStrip, columns], column-major; count: a multiple of kGroup
LORAHUB_PORTABLE_LOOP void rotate_strip(double* __restrict strip,
                                        const PlaneRotation* __restrict rotations, Index count) {
  static_assert(kGroup == 4);
  for (Index k = 0; k < count; k += kGroup, rotations += kGroup, strip += kGroup * kStrip) {
    const double c_0 = rotations[0].c, c_1 = rotations[1].c, c_2 = rotations[2].c,
                 c_3 = rotations[3].c;
    const double s_0 = rotations[0].s, s_1 = rotations[1].s, s_2 = rotations[2].s,
                 s_3 = rotations[3].s;
    for (Index i = 0; i < kStrip; ++i) {
      double* x = strip + i;
      const double x_1 = x[kStrip], x_2 = x[2 * kStrip], x_3 = x[3 * kStrip], x_4 = x[4 * kStrip];
      const double y_1 = s_0 * x[0] + c_0 * x_1;
      const double y_2 = s_1 * y_1 + c_1 * x_2;
      const double y_3 = s_2 * y_2 + c_2 * x_3;
      x[0] = c_0 * x[0] - s_0 * x_1;
      x[kStrip] = c_1 * y_1 - s_1 * x_2;
      x[2 * kStrip] = c_2 * y_2 - s_2 * x_3;
      x[3 * kStrip] = c_3 * y_3 - s_3 * x_4;
      x[4 * kStrip] = s_3 * y_3 + c_3 * x_4;
    }
  }
}

Index whole(Index n, Index width) { return (n + width - 1) / width * width; }

struct Reflection {
  double beta, tau;
};
// I - tau v v^T turns column[k + 1 ...] into (beta, 0, ..., 0). What underflows in its square is 0.
Reflection reflection(const double* column, Index k, Index stride, double* v) {
  std::fill_n(v, k + 1, 0.0);
  std::copy(column + k + 1, column + stride, v + k + 1);
  const double first = v[k + 1];
  v[k + 1] = 0;
  const double tail = dot(v, v, stride);
  if (tail <= std::numeric_limits<double>::min()) {
    std::fill_n(v, stride, 0.0);
    return {.beta = first, .tau = 0};
  }
  const double beta = -std::copysign(std::sqrt(first * first + tail), first);
  for (Index i = k + 2; i < stride; ++i) v[i] /= first - beta;
  v[k + 1] = 1;
  return {.beta = beta, .tau = (beta - first) / beta};
}

}  // namespace

Panel::Panel(Index rows, Index columns)
    : stride_(whole(rows, kWidth)), blocks_(static_cast<size_t>(stride_ / kWidth * columns)) {}

Householder tridiagonal(const Eigen::MatrixXd& matrix, double unit) {
  const Index n = matrix.rows(), stride = whole(n, kWidth);
  assert(n >= 2 && matrix.cols() == n);
  Householder h{.vectors = Panel(n, stride),
                .taus = Eigen::VectorXd::Zero(stride),
                .form = {.diagonal = Eigen::VectorXd(n), .off = Eigen::VectorXd(n - 1)}};
  Panel& a = h.vectors;
  for (Index j = 0; j < n; ++j)
    for (Index i = j; i < n; ++i) a.column(j)[i] = a.column(i)[j] = matrix(i, j) / unit;
  Panel work(n, 4);
  double *v = work.column(0), *w = work.column(1), *next = work.column(2),
         *product = work.column(3);
  for (Index k = 0; k < n; ++k) {
    double* column = a.column(k);
    for (Index i = k; i < n; ++i) column[i] -= v[i] * w[k] + w[i] * v[k];
    h.form.diagonal[k] = column[k];
    if (k == n - 2) h.form.off[k] = column[k + 1];
    if (k >= n - 2) continue;
    const auto [beta, tau] = reflection(column, k, stride, next);
    h.form.off[k] = beta;
    h.taus[k] = tau;
    const Index first = (k + 1) / kWidth * kWidth;
    update_and_multiply({.a = a.column(0), .first = first, .stride = stride}, {.v = v, .w = w},
                        next, product);
    const double half = tau * dot(product + first, next + first, stride - first) / 2;
    std::fill(w, w + k + 1, 0.0);
    for (Index i = k + 1; i < stride; ++i) w[i] = tau * (product[i] - half * next[i]);
    std::copy_n(next, stride, column);
    std::swap(v, next);  // A - v w^T - w v^T is what is left; the next pass takes it
  }
  std::fill_n(a.column(n - 2), 2 * stride, 0.0);
  return h;
}

PlaneRotation* Rotations::add(Sweep sweep) {
  const size_t begin = all.size();
  sweep.count = whole(sweep.count, kGroup);
  sweeps.push_back(sweep);
  all.resize(begin + static_cast<size_t>(sweep.count));
  return &all[begin];
}

Orthogonal::Orthogonal(const Householder& h)
    : size_(h.form.diagonal.size()),
      strips_((whole(size_, kStrip) + kGroup) * kStrip, whole(size_, kStrip) / kStrip) {
  for (Index j = 0; j < size_; ++j) strip(j / kStrip)[j * kStrip + j % kStrip] = 1;
  const Index stride = h.vectors.stride();
  for (Index k = (size_ - 1) / 2 * 2; k >= 0; k -= 2) {
    const double *v = h.vectors.column(k), *u = h.vectors.column(k + 1);
    const Pair pair{.u = u,
                    .v = v,
                    .tau_u = h.taus[k + 1],
                    .tau_v = h.taus[k],
                    .product = dot(u, v, stride),
                    .first = k / kGroup * kGroup,
                    .rows = stride};
    // Columns up to k are still those of the unit matrix, and stay it.
    for (Index i = k / kStrip; i * kStrip < size_; ++i) reflect(strip(i), pair);
  }
  transpose();
}

// Strips of columns become strips of rows.
void Orthogonal::transpose() {
  for (Index i = 0; i * kStrip < size_; ++i)
    for (Index j = 0; j <= i; ++j) {
      double *lower = strip(j) + i * kStrip * kStrip, *upper = strip(i) + j * kStrip * kStrip;
      for (Index a = 0; a < kStrip; ++a)
        for (Index b = 0; b < (i == j ? a : kStrip); ++b)
          std::swap(lower[a * kStrip + b], upper[b * kStrip + a]);
    }
}

void Orthogonal::rotate(const Rotations& rotations) {
  for (Index i = 0; i * kStrip < size_; ++i) {
    const PlaneRotation* next = rotations.all.data();
    for (const Sweep& sweep : rotations.sweeps) {
      rotate_strip(strip(i) + sweep.first * kStrip, next, sweep.count);
      next += sweep.count;
    }
  }
}

Eigen::MatrixXd Orthogonal::matrix() const {
  Eigen::MatrixXd result(size_, size_);
  for (Index j = 0; j < size_; ++j)
    for (Index first = 0; first < size_; first += kStrip)
      std::copy_n(strips_.column(first / kStrip) + j * kStrip, std::min(kStrip, size_ - first),
                  result.col(j).data() + first);
  return result;
}

}  // namespace lorahub::search
