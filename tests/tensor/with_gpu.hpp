// For tests that need a GPU.
#pragma once
#include <ATen/Context.h>

#include "tensor/cuda/gpu.hpp"

namespace lorahub::test {

// Whether a GPU is there. It is then used as the program uses it: with the kernels of production.
inline bool with_gpu() {
  if (!at::hasCUDA()) return false;
  tensor::use_gpu();
  return true;
}

}  // namespace lorahub::test
