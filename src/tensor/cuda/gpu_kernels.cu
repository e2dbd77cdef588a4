#include "tensor/cuda/gpu_kernels.cuh"
#include "tensor/cuda/gpu_launch.hpp"

namespace lorahub::tensor {
namespace {

template <int kKept, typename T>
void launch_norm(const NormCall& call, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>(norm_blocks(call.rows));
  rms_norm_kernel<kKept><<<blocks, kNormThreads, 0, stream>>>(
      call.x, call.weight, static_cast<T*>(call.y),
      NormShape{.rows = call.rows, .width = call.width, .epsilon = call.epsilon});
}

// 8 loads of 16 bytes a lane keep a row of 1024 in registers, 32 one of 4096.
template <typename T>
void launch_norm_of(const NormCall& call, cudaStream_t stream) {
  call.width <= 8 * 4 * kWarp ? launch_norm<8, T>(call, stream) : launch_norm<32, T>(call, stream);
}

template <typename T>
void launch_gate(const GateCall& call, cudaStream_t stream) {
  const auto blocks =
      static_cast<unsigned>(gate_blocks(call.count * static_cast<int64_t>(sizeof(T))));
  gelu_gate_kernel<<<blocks, kGateThreads, 0, stream>>>(
      static_cast<T*>(call.hidden), static_cast<const T*>(call.gate), call.count);
}

}  // namespace

cudaError_t launch_rms_norm(const NormCall& call, cudaStream_t stream) {
  if (call.rows == 0) return cudaSuccess;
  call.halves ? launch_norm_of<__nv_bfloat16>(call, stream) : launch_norm_of<float>(call, stream);
  return cudaGetLastError();
}

cudaError_t launch_gelu_gate(const GateCall& call, cudaStream_t stream) {
  if (call.count == 0) return cudaSuccess;
  call.halves ? launch_gate<__nv_bfloat16>(call, stream) : launch_gate<float>(call, stream);
  return cudaGetLastError();
}

}  // namespace lorahub::tensor
