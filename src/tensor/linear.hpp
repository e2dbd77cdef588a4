// A linear layer: its weight, and where it stands in its network.
#pragma once
#include <ATen/core/Tensor.h>

namespace lorahub::tensor {

// A linear layer without bias. `slot` numbers the linear layers of the network from 0 in the order
// of its family (model::LinearInfo).
struct Linear {
  at::Tensor weight;  // [out, in], compute dtype
  int slot = -1;
  at::Tensor transposed = {};             // a copy, in memory [in, out] (matmul.hpp), or undefined
  const void* transposed_from = nullptr;  // data of the weight that it is a copy of
};

}  // namespace lorahub::tensor
