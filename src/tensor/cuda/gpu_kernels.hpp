// The elementwise steps of kernels.hpp on a GPU, each in one pass over memory, in f32 inside
// whatever the type. They are ours because LibTorch runs such a step as several kernels, each with
// a pass of its own.
#pragma once
#include <ATen/core/Tensor.h>

namespace lorahub::tensor {

// Whether the functions below take this tensor: f32 or bf16 on a GPU, contiguous, its last
// dimension a multiple of 8, its memory at a multiple of 16 bytes. Never in a build without CUDA.
bool fits_gpu_kernel(const at::Tensor& x);

// x / sqrt(mean(x^2) + epsilon) * weight over the last dimension; x [..., width] and weight [width]
// f32, the result as `dtype`, f32 or bf16.
at::Tensor gpu_rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon,
                        at::ScalarType dtype);

// hidden = gelu(hidden) * gate, with the tanh form of GELU; one shape and one type.
void gpu_gelu_gate(const at::Tensor& hidden, const at::Tensor& gate);

}  // namespace lorahub::tensor
