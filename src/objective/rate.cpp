#include "objective/rate.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "base/clock.hpp"
#include "tensor/cuda/gpu.hpp"
#include "tensor/matmul.hpp"
#include "tensor/threads.hpp"

namespace lorahub::objective {

namespace {

// x [rows, in] W [out, in]: what a pass multiplies at once, and enough to fill a GPU.
struct Sizes {
  int64_t rows, in, out;
  double flop() const { return 2.0 * static_cast<double>(rows) * static_cast<double>(in * out); }
};
Sizes sizes_for(base::Device device) {
  return device == base::Device::cpu ? Sizes{.rows = 1280, .in = 1024, .out = 1024}
                                     : Sizes{.rows = 16384, .in = 4096, .out = 4096};
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Busy seconds of the calling thread alone.
double busy_thread_seconds(base::Device device) {
  return device == base::Device::cuda ? wall_seconds() : base::thread_seconds();
}

double best_seconds(const model::Placement& placement, int tries) {
  const auto options = at::TensorOptions()
                           .dtype(placement.dtype)
                           .device(placement.device == base::Device::cuda ? at::kCUDA : at::kCPU);
  const Sizes sizes = sizes_for(placement.device);
  // The values are random, since a GPU's clock depends on what they cost (ones are cheap).
  const at::Tensor x = at::rand({1, sizes.rows, sizes.in}, options);
  const at::Tensor w = at::rand({sizes.out, sizes.in}, options);
  const at::Tensor turned = w.t().contiguous().t();
  const std::function<at::Tensor()> ways[] = {
      [&] { return at::linear(x, w); }, [&] { return tensor::product(x, {.weight = w}); },
      [&] { return tensor::product(x, {.weight = turned}); }};
  double best = 1e9;
  for (int i = 0; i < tries + 1; ++i) {  // the first one warms up
    for (const auto& way : ways) {
      const double before = busy_thread_seconds(placement.device);
      const at::Tensor result = way();
      tensor::wait_for_gpu(placement.device);
      const double took = busy_thread_seconds(placement.device) - before;
      if (i > 0) best = std::min(best, took);
    }
  }
  return best;
}

}  // namespace

double busy_seconds(base::Device device) {
  return device == base::Device::cuda ? wall_seconds() : base::process_seconds();
}

double gemm_flops_per_second(const Kernels& kernels, int tries) {
  const base::Device device = kernels.placement.device;
  const int threads = device == base::Device::cpu ? kernels.threads : 1;  // a GPU is one for all
  std::vector<double> seconds(static_cast<size_t>(threads));
  tensor::share(threads, threads, [&](int thread) {
    seconds[static_cast<size_t>(thread)] = best_seconds(kernels.placement, tries);
  });
  double rate = 0;
  for (const double each : seconds) rate += sizes_for(device).flop() / each;
  return rate / threads;
}

}  // namespace lorahub::objective
