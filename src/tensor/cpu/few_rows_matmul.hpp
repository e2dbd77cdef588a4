// x W^T for few rows, as the decoder and the head need it. The kernel is ours because a general one
// first copies W into its own order, which pays from about a hundred rows on, and because the bits
// of its result may depend on how many rows are computed.
#pragma once
#include <ATen/core/Tensor.h>

namespace lorahub::tensor {

// Whether this processor has the kernel and the operands fit it: x [..., in] f32, weight [out, in]
// f32 or bf16, contiguous on the CPU, `in` a multiple of 16, `out` of 4.
bool fits_skinny(const at::Tensor& weight);
bool fits_skinny(const at::Tensor& x, const at::Tensor& weight);

// sum [..., out] += x W^T, f32, contiguous. A row's result depends on this row and W alone, to the
// bit: not on how many rows there are.
void add_skinny(const at::Tensor& sum, const at::Tensor& x, const at::Tensor& weight);

}  // namespace lorahub::tensor
