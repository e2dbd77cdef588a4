// The steps of the reference networks (reference.hpp of a family) that cost most, with their
// gradients. For f32 tensors on the CPU, matrix products are computed by the faster library and the
// other steps in one pass over memory, forward and backward; other tensors take LibTorch's plain
// formula.
#pragma once
#include <ATen/core/Tensor.h>

namespace lorahub::tensor::differentiable {

// x W^T: x [.., in], weight [out, in].
at::Tensor product(const at::Tensor& x, const at::Tensor& weight);

// x / sqrt(mean(x^2) + epsilon) * weight over the last dimension.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon);

// gelu(hidden) * gate with the tanh form of GELU, as tensor::gelu_gate.
at::Tensor gelu_gate(const at::Tensor& hidden, const at::Tensor& gate);

// silu(hidden) * gate, as tensor::silu_gate.
at::Tensor silu_gate(const at::Tensor& hidden, const at::Tensor& gate);

// q k^T of heads q [.., queries, d_kv] and k [.., keys, d_kv], in their type. `type` is that of the
// network's matrices: where it is narrower, the gradients are products of q, k and the incoming
// gradient rounded to it.
at::Tensor scores(const at::Tensor& q, const at::Tensor& k, at::ScalarType type);

}  // namespace lorahub::tensor::differentiable
