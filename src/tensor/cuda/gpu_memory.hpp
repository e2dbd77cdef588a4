// Whether this build can use a GPU, and the memory of the one that this process computes on.
#pragma once

namespace lorahub::tensor {

bool built_with_cuda();

struct GpuMemory {
  double free = 0, total = 0;  // bytes
};
GpuMemory gpu_memory();  // Error without a GPU, or in a build without CUDA

}  // namespace lorahub::tensor
