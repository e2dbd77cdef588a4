// A symmetric matrix's tridiagonal form, A = Q T Q^T, by Householder's reflections (Golub and Van
// Loan, Matrix Computations, algorithm 8.3.1), and the product of Q with the rotations that make T
// diagonal. Every sum has one order, whatever the width of the processor's vectors.
#pragma once
#include <Eigen/Core>
#include <vector>

namespace lorahub::search {

struct Tridiagonal {
  Eigen::VectorXd diagonal, off;  // [N], [N - 1]
};

// A matrix [rows, columns], column-major and zero at first. Columns are padded with zeros to whole
// vectors.
class Panel {
 public:
  static constexpr Eigen::Index kWidth = 8;  // doubles of the widest vectors
  Panel(Eigen::Index rows, Eigen::Index columns);
  Eigen::Index stride() const { return stride_; }  // from column to column
  double* column(Eigen::Index j) { return blocks_[index(j)].values; }
  const double* column(Eigen::Index j) const { return blocks_[index(j)].values; }

 private:
  struct alignas(kWidth * sizeof(double)) Block {
    double values[kWidth] = {};
  };
  size_t index(Eigen::Index j) const { return static_cast<size_t>(j * stride_ / kWidth); }
  Eigen::Index stride_;
  std::vector<Block> blocks_;
};

// Q = H_0 H_1 ..., H_k = I - tau_k v_k v_k^T
struct Householder {
  Panel vectors;         // [N, N]: v_k in columns k < N - 2, rows up to k are zero
  Eigen::VectorXd taus;  // [N]; the last two are zero
  Tridiagonal form;
};

// The tridiagonal form of matrix / unit, [N, N] with N >= 2, whose elements must be of size 1 or
// less; only the lower triangle is read.
Householder tridiagonal(const Eigen::MatrixXd& matrix, double unit);

// Columns (k, k + 1) become (c x_k - s x_(k + 1), s x_k + c x_(k + 1)).
struct PlaneRotation {
  double c = 1, s = 0;
};
struct Sweep {  // of columns (first, first + 1), (first + 1, first + 2), ...
  Eigen::Index first = 0, count = 0;
};
struct Rotations {
  std::vector<Sweep> sweeps;
  std::vector<PlaneRotation> all;  // those of the first sweep, then of the second, ...

  // Adds a sweep of identities for the caller to overwrite. A few identities follow it as padding.
  PlaneRotation* add(Sweep sweep);
};

// An orthogonal matrix [N, N], in strips of rows that go through many rotations in the cache.
class Orthogonal {
 public:
  explicit Orthogonal(const Householder& householder);  // Q
  void rotate(const Rotations& rotations);
  Eigen::MatrixXd matrix() const;

 private:
  double* strip(Eigen::Index i) { return strips_.column(i); }
  void transpose();

  Eigen::Index size_;
  Panel strips_;
};

}  // namespace lorahub::search
