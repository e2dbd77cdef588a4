// The kernels of gpu_kernels.cuh on raw pointers to a GPU's memory, each at a multiple of 16 bytes.
// They return when the work is queued on the stream.
#pragma once
#include <cuda_runtime_api.h>

#include <cstdint>

namespace lorahub::tensor {

// y = x / sqrt(mean(x^2) + epsilon) * weight
struct NormCall {
  const float* x;       // [rows, width]
  const float* weight;  // [width]
  void* y;              // [rows, width]
  bool halves;          // y is bf16, else f32
  int64_t rows;
  int width;  // a multiple of 4
  float epsilon;
};
cudaError_t launch_rms_norm(const NormCall& call, cudaStream_t stream);

// hidden = gelu(hidden) * gate, both bf16 or both f32
struct GateCall {
  void* hidden;
  const void* gate;
  bool halves;
  int64_t count;  // a multiple of 8
};
cudaError_t launch_gelu_gate(const GateCall& call, cudaStream_t stream);

}  // namespace lorahub::tensor
