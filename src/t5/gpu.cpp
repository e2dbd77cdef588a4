#include "t5/gpu.hpp"

#include "base/check.hpp"

#ifdef LORAHUB_CUDA
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#endif

namespace lorahub::t5 {
#ifdef LORAHUB_CUDA
struct OwnStream::State {
  explicit State(c10::cuda::CUDAStream stream) : guard(stream) {}
  c10::cuda::CUDAStreamGuard guard;
};

namespace {
c10::cuda::CUDAStream stream_of_this_thread() {
  thread_local const c10::cuda::CUDAStream stream = c10::cuda::getStreamFromPool();
  return stream;
}
}  // namespace

std::string gpu_address() {
  char address[32] = {};
  const cudaError_t code = cudaDeviceGetPCIBusId(address, sizeof address, 0);
  base::check(code == cudaSuccess, "no GPU can be used ({}), use --device cpu",
              cudaGetErrorString(code));
  return address;
}

OwnStream::OwnStream(Device device) {
  if (device == Device::cpu) return;
  const c10::cuda::CUDAStream before = c10::cuda::getCurrentCUDAStream();
  if (before != stream_of_this_thread()) before.synchronize();
  state_ = std::make_unique<State>(stream_of_this_thread());
}

void wait_for_gpu(Device device) {
  if (device == Device::cuda) c10::cuda::getCurrentCUDAStream().synchronize();
}
#else
struct OwnStream::State {};

std::string gpu_address() {
  base::fail("this build has no CUDA (device cuda was asked for), use --device cpu");
}

OwnStream::OwnStream(Device) {}

void wait_for_gpu(Device) {}
#endif

OwnStream::~OwnStream() = default;

}  // namespace lorahub::t5
