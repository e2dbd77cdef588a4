// Where a network lies: its type, its device, and which part of it a rank reads.
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "base/device.hpp"

namespace lorahub::model {

struct Placement {
  at::ScalarType dtype =
      at::kFloat;  // kFloat or kBFloat16: linear layers and embedding; norms and biases stay f32
  base::Device device = base::Device::cpu;
};

// A network of which `count` ranks read a part each, about as many bytes; part `index` is here.
struct Share {
  int index = 0, count = 1;
};
struct SharedTensor {
  at::Tensor tensor;  // contiguous, on its device; of another part: of the right shape, with
                      // undefined values until the ranks exchange their parts
  int owner = 0;      // the part it belongs to
};
template <class Network>
struct PartlyLoadedNetwork {
  Network network;
  std::vector<SharedTensor> tensors;  // all of them once, in the same order on all ranks
};

}  // namespace lorahub::model
