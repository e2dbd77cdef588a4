// Eigenvalues and eigenvectors of a symmetric matrix: Householder's tridiagonal form, then implicit
// QR steps with Wilkinson's shift (Golub and Van Loan, Matrix Computations, algorithms 8.3.1 to
// 8.3.3). It is our own code, since Eigen's solver takes three times as long at N = 196 and does
// not give the same bits on all processors.
#pragma once
#include <Eigen/Core>

namespace lorahub::search {

struct Spectrum {
  Eigen::VectorXd values;   // [N], in no order
  Eigen::MatrixXd vectors;  // [N, N]: orthonormal columns, vectors * diag(values) * vectors^T = C
};

// `matrix` [N, N], N >= 1, finite; its lower triangle is read.
Spectrum spectrum(const Eigen::MatrixXd& matrix);

}  // namespace lorahub::search
