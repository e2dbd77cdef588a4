// Steps of the reference that cost most beside the matrix products, each in one pass over memory in
// both directions where the tensors are f32 on the CPU, else by their formula.
#pragma once
#include <ATen/core/Tensor.h>

namespace lorahub::t5::differentiable {

// x / sqrt(mean(x^2) + epsilon) * weight over the last dimension.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon);

// gelu(hidden) * gate with the tanh form of GELU, as t5::gelu_gate.
at::Tensor gelu_gate(const at::Tensor& hidden, const at::Tensor& gate);

}  // namespace lorahub::t5::differentiable
