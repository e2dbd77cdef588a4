// What a rank computes on.
#pragma once
#include <string>

#include "base/device.hpp"

namespace lorahub::objective {

struct Hardware {
  base::Device device = base::Device::cpu;
  int threads = 1;
  int trials = 1;   // that it works on at the same time
  std::string gpu;  // as CUDA_VISIBLE_DEVICES named it; the process sees no other
};

// Cores of this node divided by the ranks on it, at most those that this rank is bound to, at least
// 1. On a GPU at most 4, since threads only launch its kernels.
int default_threads(int ranks_on_node, base::Device device);
int default_trials(base::Device device);  // 2 on a GPU

}  // namespace lorahub::objective
