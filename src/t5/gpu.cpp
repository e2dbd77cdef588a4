#include "t5/gpu.hpp"

#include "base/check.hpp"

#ifdef LORAHUB_CUDA
#include <cuda_runtime_api.h>
#endif

namespace lorahub::t5 {

std::string gpu_address() {
#ifdef LORAHUB_CUDA
  char address[32] = {};
  const cudaError_t code = cudaDeviceGetPCIBusId(address, sizeof address, 0);
  base::check(code == cudaSuccess, "no GPU can be used ({}), use --device cpu",
              cudaGetErrorString(code));
  return address;
#else
  base::fail("this build has no CUDA (device cuda was asked for), use --device cpu");
#endif
}

}  // namespace lorahub::t5
