// Steps of the reference that cost most, where the tensors are f32 on the CPU: the matrix products
// by the faster library, the others in one pass over memory, both directions; else by their
// formula. Scores of a network in a narrow type: see there.
#pragma once
#include <ATen/core/Tensor.h>

namespace lorahub::tensor::differentiable {

// x W^T: x [.., in], weight [out, in].
at::Tensor product(const at::Tensor& x, const at::Tensor& weight);

// x / sqrt(mean(x^2) + epsilon) * weight over the last dimension.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon);

// gelu(hidden) * gate with the tanh form of GELU, as tensor::gelu_gate.
at::Tensor gelu_gate(const at::Tensor& hidden, const at::Tensor& gate);

// q k^T of heads [.., queries, d_kv] and [.., keys, d_kv], in their type; its gradients are
// products of what is rounded to `type`.
at::Tensor scores(const at::Tensor& q, const at::Tensor& k, at::ScalarType type);

}  // namespace lorahub::tensor::differentiable
