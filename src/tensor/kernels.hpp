// The elementwise steps that cost most beside the matrix products, each in one pass over memory (on
// the CPU, and on a GPU by gpu_kernels.hpp), computed in f32 whatever the type.
#pragma once
#include <ATen/core/Tensor.h>

namespace lorahub::tensor {

// x / sqrt(mean(x^2) + epsilon) * weight over the last dimension; x and weight f32, the result as
// `dtype`.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon,
                    at::ScalarType dtype);

// gelu(hidden) * gate, with the tanh form of GELU:
// x (1 + tanh u) / 2 = x / (1 + exp(-2 u)), u = sqrt(2 / pi) (x + 0.044715 x^3). May overwrite
// `hidden`.
at::Tensor gelu_gate(at::Tensor hidden, const at::Tensor& gate);

// silu(hidden) * gate, silu(x) = x / (1 + exp(-x)). May overwrite `hidden`.
at::Tensor silu_gate(at::Tensor hidden, const at::Tensor& gate);

// residual + x, residual f32, x of any type. May write into `residual`.
at::Tensor add_to(at::Tensor residual, const at::Tensor& x);

// Makes freed memory stay with the process: activations of a few MB are allocated again at once,
// and having the operating system map and clear them each time costs up to a tenth of a pass.
void keep_freed_memory();

}  // namespace lorahub::tensor
