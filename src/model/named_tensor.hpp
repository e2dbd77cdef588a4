// A tensor of a network by its name in Hugging Face files. A family lists its tensors once;
// loading, writing, sizes, training from scratch and merging all take the names from that list.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/linear.hpp"

namespace lorahub::model {

struct NamedTensor {
  std::string name;  // "encoder.block.0.layer.0.SelfAttention.q.weight"
  std::vector<int64_t> shape;
  at::Tensor* tensor;
  tensor::Linear* linear = nullptr;  // whose weight the tensor is; null for norms and biases
};

}  // namespace lorahub::model
