// x W^T, where most of a pass's time goes, by the kernel that is fastest for the type, the rows and
// the processor. The choice depends on the shape of one candidate, so that a candidate's bits do
// not depend on who is computed beside it.
#pragma once
#include <string>
#include <vector>

#include "tensor/linear.hpp"

namespace lorahub::tensor {

// x [P, rows, in] -> x W^T [P, rows, out].
at::Tensor product(const at::Tensor& x, const Linear& layer);

// sum [P, rows, out] + x W^T; sum f32, contiguous. May write into `sum`.
at::Tensor plus_product(at::Tensor sum, const at::Tensor& x, const Linear& layer);

// How a network's linear layers are multiplied. The base class uses the two functions above; delta
// evaluation (model/delta/delta.hpp) uses others.
class Products {
 public:
  virtual ~Products() = default;
  virtual at::Tensor product(const at::Tensor& x, const Linear& layer) const;
  virtual at::Tensor plus_product(at::Tensor sum, const at::Tensor& x, const Linear& layer) const;
};
const Products& exact();

// x W^T [.., in] -> [.., out] by LibTorch, such that no row affects another, and the bits of a
// candidate in x [P, rows, in] do not depend on P. oneDNN's bf16 kernels for matrix tiles (AMX)
// read beyond a row whose width is no multiple of 32, and a neighbour that is infinite makes it NaN
// there (LibTorch 2.11): such rows are widened by zeros.
at::Tensor separate_rows_product(const at::Tensor& x, const at::Tensor& weight);

// x W^T [.., in] -> [.., out] in f32 on the CPU, by the kernel for many rows however few there are.
at::Tensor rows_product(const at::Tensor& x, const at::Tensor& weight);

// Whether the kernel for many rows is faster with W as [in, out], here and for this type.
bool wants_transposed(at::ScalarType dtype);

// Gives these layers transposed copies of their weights where wants_transposed(). All weights are
// f32 on the CPU; the copies lie in memory that the ranks of a node share, and `origin` names all
// that the weights follow from (shared_tensor). A layer whose weight is replaced later ignores its
// copy.
void transpose_weights(const std::vector<Linear*>& layers, const std::string& origin,
                       int threads = 1);

}  // namespace lorahub::tensor
