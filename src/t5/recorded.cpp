#include "t5/recorded.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <utility>

#include "base/check.hpp"
#include "t5/gpu.hpp"

#ifdef LORAHUB_CUDA
#include <ATen/cuda/CUDAGraph.h>

#include <cstdio>
#include <exception>
#include <mutex>
#endif

namespace lorahub::t5 {

#ifdef LORAHUB_CUDA
struct Recorded::State {
  int calls = 0;
  at::Tensor staged, input;  // on the host, pinned, and on the device: both stay where they are
  std::unique_ptr<at::cuda::CUDAGraph> graph;
  at::Tensor result;  // in the graph's own memory

  // Does not wait: the host writes to `staged` again only after a result has come.
  void set(const at::Tensor& values) {
    if (!staged.defined()) {
      staged = at::empty(values.sizes(), values.options().pinned_memory(true));
      input = at::empty(values.sizes(), values.options().device(at::kCUDA));
    }
    staged.copy_(values);
    input.copy_(staged, /*non_blocking=*/true);
  }

  void record(const Work& work) {
    auto recording = std::make_unique<at::cuda::CUDAGraph>();
    // Other threads go on allocating and waiting meanwhile.
    recording->capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      result = work(input);
    } catch (...) {
      end_failed(*recording);
      throw;
    }
    recording->capture_end();
    graph = std::move(recording);
  }

  static void end_failed(at::cuda::CUDAGraph& recording) {
    try {
      recording.capture_end();
    } catch (const std::exception&) {  // it failed: known already
      return;
    }
  }

  void try_to_record(const Work& work) {
    try {
      record(work);
    } catch (const std::exception& error) {
      static std::once_flag said;
      std::call_once(said, [&] {
        fmt::print(stderr,
                   "lorahub: a pass could not be recorded as a CUDA graph (the host launches each "
                   "kernel: slower, the same numbers): {}\n",
                   error.what());
      });
    }
  }
};

bool Recorded::is_recorded() const { return state_ && state_->graph; }

at::Tensor Recorded::operator()(const at::Tensor& input) {
  const c10::InferenceMode inference;
  if (device_ == Device::cpu) return work_(input);
  const OwnStream stream(device_);
  if (!state_) state_ = std::make_unique<State>();
  State& s = *state_;
  s.set(input);
  if (s.graph) {
    s.graph->replay();
    return s.result.cpu();
  }
  at::Tensor result = work_(s.input).cpu();
  if (++s.calls == 2) s.try_to_record(work_);
  return result;
}
#else
struct Recorded::State {};

bool Recorded::is_recorded() const { return false; }

at::Tensor Recorded::operator()(const at::Tensor& input) {
  const c10::InferenceMode inference;
  return work_(input);  // there is no other device
}
#endif

Recorded::Recorded(Device device, Work work) : device_(device), work_(std::move(work)) {}
Recorded::~Recorded() = default;

}  // namespace lorahub::t5
