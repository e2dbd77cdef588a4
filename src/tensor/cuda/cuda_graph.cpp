#include "tensor/cuda/cuda_graph.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <utility>

#include "base/check.hpp"
#include "tensor/cuda/gpu.hpp"

#ifdef LORAHUB_CUDA
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <mutex>
#include <string_view>

#include "tensor/cuda/gpu_stream.hpp"
#include "tensor/cuda/more_memory.hpp"
#endif

namespace lorahub::tensor {

#ifdef LORAHUB_CUDA
namespace {

using at::cuda::CUDAGraph;

std::atomic<bool> refused = false;  // after one failure no further attempts
std::atomic<bool> said = false;

// To be called while the error is handled. Memory may suffice the next time; what can't be recorded
// for another reason will not become recordable.
void say_why_not(const std::exception& error) {
  if (!base::cause_of(std::current_exception()).lacks_memory) refused = true;
  if (said.exchange(true)) return;
  const std::string_view what = error.what();  // a stack trace follows the first line
  fmt::print(stderr,
             "lorahub: a pass could not be recorded as a CUDA graph (the host launches each "
             "kernel: slower, the same numbers): {}\n",
             what.substr(0, what.find('\n')));
}

template <class Step>
void quietly(const Step& step) {
  try {
    step();
  } catch (const std::exception&) {  // what came before is the reason that counts
    return;
  }
}

constexpr auto kCapture = cudaStreamCaptureModeThreadLocal;  // other threads go on working

// Captures something that can't fail. The generator of random numbers takes the end of a capture
// for the end of all.
void capture_nothing_much() {
  at::Tensor value = at::zeros({1}, at::kCUDA);
  CUDAGraph graph;
  graph.capture_begin({0, 0}, kCapture);
  value.zero_();
  graph.capture_end();
}

// Ends what capture_end() leaves open where CUDA has given up the capture: it throws before it
// tells the allocators, which would go on filling the graph's pools, and the generator, which would
// refuse to draw numbers (LibTorch 2.11).
void end_given_up(const c10::MempoolId_t& pool) {
  quietly([&] {
    const auto device = c10::cuda::current_device();
    c10::cuda::CUDACachingAllocator::endAllocateToPool(device, pool);
    c10::cuda::CUDACachingAllocator::releasePool(device, pool);
  });
  quietly([&] {
    at::HostAllocator* const pinned = at::getHostAllocator(at::kCUDA);
    pinned->end_allocate_to_pool(pool);
    pinned->release_pool(pool);
  });
  quietly(capture_nothing_much);
}

void end(CUDAGraph& graph, const c10::MempoolId_t& pool) {
  try {
    graph.capture_end();
  } catch (...) {
    end_given_up(pool);
    throw;
  }
}

}  // namespace

struct CudaGraph::State {
  // cuBLAS has one workspace a stream, which a graph keeps: no two of them may run at a time.
  LentStream stream;
  int calls = 0;
  at::Tensor staged, input;  // on the host, pinned, and on the device: both stay where they are
  at::Tensor result;         // in the graph's own memory
  std::unique_ptr<CUDAGraph> graph;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    const std::lock_guard alone(capture_mutex());
    graph.reset();
  }

  // Does not wait: the host writes to `staged` again only after a result has come.
  void set(const at::Tensor& values) {
    if (!staged.defined()) {
      staged = at::empty(values.sizes(), values.options().pinned_memory(true));
      input = at::empty(values.sizes(), values.options().device(at::kCUDA));
    }
    staged.copy_(values);
    input.copy_(staged, /*non_blocking=*/true);
  }

  // A capture takes new memory, and none of what is kept for reuse; nor does it get back what
  // graphs that are gone have left. So all of that is given back first.
  void record(const Work& work) {
    empty_cache();
    const auto pool = at::cuda::graph_pool_handle();
    auto recording = std::make_unique<CUDAGraph>();
    recording->capture_begin(pool, kCapture);
    try {
      result = work(input);
    } catch (...) {
      quietly([&] { end(*recording, pool); });
      throw;
    }
    end(*recording, pool);
    graph = std::move(recording);
  }

  void try_to_record(const Work& work) {
    const std::lock_guard alone(capture_mutex());
    if (refused) return;
    try {
      record(work);
    } catch (const std::exception& error) {
      result.reset();
      say_why_not(error);
    }
  }

  // Another thread may be capturing when the memory runs out, so that LibTorch could not make room.
  at::Tensor compute(const Work& work) {
    return with_more_memory([&] { return work(input).cpu(); },
                            [] { release_memory(base::Device::cuda); });
  }
};

bool CudaGraph::is_recorded() const { return state_ && state_->graph; }

at::Tensor CudaGraph::operator()(const at::Tensor& input) {
  const c10::InferenceMode inference;
  if (device_ == base::Device::cpu) return work_(input);
  if (!state_) state_ = std::make_unique<State>();
  State& s = *state_;
  const OnStream stream(s.stream.get());
  s.set(input);
  if (s.graph) {
    s.graph->replay();
    return s.result.cpu();
  }
  at::Tensor result = s.compute(work_);
  if (++s.calls == 2 && !refused) s.try_to_record(work_);
  return result;
}
#else
struct CudaGraph::State {};

bool CudaGraph::is_recorded() const { return false; }

at::Tensor CudaGraph::operator()(const at::Tensor& input) {
  const c10::InferenceMode inference;
  return work_(input);  // there is no other device
}
#endif

CudaGraph::CudaGraph(base::Device device, Work work) : device_(device), work_(std::move(work)) {}
CudaGraph::~CudaGraph() = default;

}  // namespace lorahub::tensor
