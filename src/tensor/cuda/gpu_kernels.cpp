#include "tensor/cuda/gpu_kernels.hpp"

#include <ATen/ATen.h>

#include "base/fault.hpp"

#ifdef LORAHUB_CUDA
#include <c10/cuda/CUDAStream.h>

#include <cassert>
#include <cstdint>

#include "tensor/cuda/gpu_launch.hpp"
#endif

namespace lorahub::tensor {

#ifdef LORAHUB_CUDA
namespace {

void check_launch(cudaError_t code) {
  if (code != cudaSuccess)
    throw base::MachineFault(
        base::format("the GPU refused a kernel ({}), see nvidia-smi, or use --device cpu",
                     cudaGetErrorString(code)));
}

bool is_halves(at::ScalarType type) { return type == at::kBFloat16; }

}  // namespace

bool fits_gpu_kernel(const at::Tensor& x) {
  const auto type = x.scalar_type();
  return x.is_cuda() && x.is_contiguous() && (type == at::kFloat || is_halves(type)) &&
         x.dim() > 0 && x.size(-1) % 8 == 0 &&
         reinterpret_cast<uintptr_t>(x.const_data_ptr()) % 16 == 0;
}

at::Tensor gpu_rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon,
                        at::ScalarType dtype) {
  const int64_t width = weight.numel();
  assert(fits_gpu_kernel(x) && fits_gpu_kernel(weight) && x.size(-1) == width);
  at::Tensor y = at::empty(x.sizes(), x.options().dtype(dtype));
  assert(fits_gpu_kernel(y));
  const NormCall call{.x = x.const_data_ptr<float>(),
                      .weight = weight.const_data_ptr<float>(),
                      .y = y.mutable_data_ptr(),
                      .halves = is_halves(dtype),
                      .rows = x.numel() / width,
                      .width = static_cast<int>(width),
                      .epsilon = static_cast<float>(epsilon)};
  check_launch(launch_rms_norm(call, c10::cuda::getCurrentCUDAStream()));
  return y;
}

void gpu_gelu_gate(const at::Tensor& hidden, const at::Tensor& gate) {
  assert(fits_gpu_kernel(hidden) && fits_gpu_kernel(gate) && hidden.sizes() == gate.sizes() &&
         hidden.scalar_type() == gate.scalar_type());
  const GateCall call{.hidden = hidden.mutable_data_ptr(),
                      .gate = gate.const_data_ptr(),
                      .halves = is_halves(hidden.scalar_type()),
                      .count = hidden.numel()};
  check_launch(launch_gelu_gate(call, c10::cuda::getCurrentCUDAStream()));
}
#else
namespace {

[[noreturn]] void fail_without_cuda() {
  base::fail("this build has no CUDA (a tensor is on a GPU), use --device cpu");
}

}  // namespace

bool fits_gpu_kernel(const at::Tensor&) { return false; }

at::Tensor gpu_rms_norm(const at::Tensor&, const at::Tensor&, double, at::ScalarType) {
  fail_without_cuda();
}

void gpu_gelu_gate(const at::Tensor&, const at::Tensor&) { fail_without_cuda(); }
#endif

}  // namespace lorahub::tensor
