// Questions about all values of a tensor.
#pragma once
#include <ATen/core/Tensor.h>

namespace lorahub::tensor {

// Whether both are of one type and shape and hold the same numbers (NaN differs from NaN, unless
// both tensors are the same memory).
bool same_values(const at::Tensor& one, const at::Tensor& other);

// Whether no value is NaN or infinite.
bool is_finite(const at::Tensor& values);

}  // namespace lorahub::tensor
