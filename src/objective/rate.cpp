#include "objective/rate.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "base/clock.hpp"
#include "t5/products.hpp"
#include "t5/threads.hpp"

namespace lorahub::objective {

namespace {

constexpr int64_t kRows = 1280, kIn = 1024, kOut = 1024;

void wait_for(const at::Tensor& result) {
  if (result.is_cuda()) result.flatten()[0].item<float>();
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Of one thread: the other threads' time is not in it.
double busy_thread_seconds(t5::Device device) {
  return device == t5::Device::cuda ? wall_seconds() : base::thread_seconds();
}

double best_seconds(const t5::Placement& placement, int tries) {
  const auto options = at::TensorOptions()
                           .dtype(placement.dtype)
                           .device(placement.device == t5::Device::cuda ? at::kCUDA : at::kCPU);
  const at::Tensor x = at::ones({1, kRows, kIn}, options), w = at::ones({kOut, kIn}, options);
  const at::Tensor turned = w.t().contiguous().t();
  const std::function<at::Tensor()> ways[] = {[&] { return at::linear(x, w); },
                                              [&] { return t5::product(x, {.weight = w}); },
                                              [&] { return t5::product(x, {.weight = turned}); }};
  double best = 1e9;
  for (int i = 0; i < tries + 1; ++i) {  // the first one warms up
    for (const auto& way : ways) {
      const double before = busy_thread_seconds(placement.device);
      wait_for(way());
      const double took = busy_thread_seconds(placement.device) - before;
      if (i > 0) best = std::min(best, took);
    }
  }
  return best;
}

}  // namespace

double busy_seconds(t5::Device device) {
  return device == t5::Device::cuda ? wall_seconds() : base::process_seconds();
}

double gemm_flops_per_second(const Kernels& kernels, int tries) {
  std::vector<double> seconds(static_cast<size_t>(kernels.threads));
  t5::share(kernels.threads, kernels.threads, [&](int thread) {
    seconds[static_cast<size_t>(thread)] = best_seconds(kernels.placement, tries);
  });
  double rate = 0;
  for (const double each : seconds) rate += 2.0 * kRows * kIn * kOut / each;
  return rate / kernels.threads;
}

}  // namespace lorahub::objective
