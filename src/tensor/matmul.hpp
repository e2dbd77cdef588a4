// x W^T, by the kernel that is fastest for the type, the rows and the processor: what most of a
// pass's time goes to. The choice depends on the shape of one candidate, so that a candidate's bits
// do not depend on who is computed beside it.
#pragma once
#include <string>
#include <vector>

#include "tensor/linear.hpp"

namespace lorahub::tensor {

// x [P, rows, in] -> x W^T [P, rows, out].
at::Tensor product(const at::Tensor& x, const Linear& layer);

// sum [P, rows, out] + x W^T; sum f32, contiguous. May write into `sum`.
at::Tensor plus_product(at::Tensor sum, const at::Tensor& x, const Linear& layer);

// Who multiplies, where it is not always these two.
class Products {
 public:
  virtual ~Products() = default;
  virtual at::Tensor product(const at::Tensor& x, const Linear& layer) const;
  virtual at::Tensor plus_product(at::Tensor sum, const at::Tensor& x, const Linear& layer) const;
};
const Products& exact();

// x W^T [.., in] -> [.., out] by LibTorch, with rows that do not meet: oneDNN's bf16 kernels for
// matrix tiles (AMX) read beyond a row whose width is no multiple of 32, and a neighbour that is
// infinite makes it NaN there (LibTorch 2.11). Such rows are widened by zeros.
at::Tensor separate_rows_product(const at::Tensor& x, const at::Tensor& weight);

// x W^T [.., in] -> [.., out] in f32 on the CPU, as one of many rows however few there are.
at::Tensor rows_product(const at::Tensor& x, const at::Tensor& weight);

// Whether the kernel for many rows is faster with W as [in, out], here and for this type.
bool wants_transposed(at::ScalarType dtype);

// Where it is: gives these layers such copies of their weights, all f32 on the CPU, in memory that
// the ranks of a node share; `origin` names what the weights follow from (shared_tensor). A layer
// whose weight is replaced later does without.
void transpose_weights(const std::vector<Linear*>& layers, const std::string& origin,
                       int threads = 1);

}  // namespace lorahub::tensor
