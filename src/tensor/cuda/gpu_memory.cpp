#include "tensor/cuda/gpu_memory.hpp"

#include "base/check.hpp"

#ifdef LORAHUB_CUDA
#include <cuda_runtime_api.h>
#endif

namespace lorahub::tensor {

bool built_with_cuda() {
#ifdef LORAHUB_CUDA
  return true;
#else
  return false;
#endif
}

GpuMemory gpu_memory() {
#ifdef LORAHUB_CUDA
  size_t free = 0, total = 0;
  const cudaError_t code = cudaMemGetInfo(&free, &total);
  base::check(code == cudaSuccess, "no GPU can be used ({}), use --device cpu",
              cudaGetErrorString(code));
  return {.free = static_cast<double>(free), .total = static_cast<double>(total)};
#else
  base::fail("this build has no CUDA (device cuda was asked for), use --device cpu");
#endif
}

}  // namespace lorahub::tensor
