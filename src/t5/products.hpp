// x W^T, by the kernel that is fastest for the type, the rows and the processor: what most of a
// pass's time goes to. The choice depends on the shape of one candidate, so that a candidate's bits
// do not depend on who is computed beside it.
#pragma once
#include <ATen/core/Tensor.h>

namespace lorahub::t5 {

// x [P, rows, in], weight [out, in] -> [P, rows, out].
at::Tensor product(const at::Tensor& x, const at::Tensor& weight);

// sum [P, rows, out] + x W^T; f32, contiguous. May write into `sum`.
at::Tensor plus_product(at::Tensor sum, const at::Tensor& x, const at::Tensor& weight);

}  // namespace lorahub::t5
