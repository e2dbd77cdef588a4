#include "tensor/cuda/cuda_graph.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <utility>

#include "base/check.hpp"
#include "tensor/cuda/gpu.hpp"

#ifdef LORAHUB_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <mutex>

#include "tensor/cuda/gpu_stream.hpp"
#endif

namespace lorahub::tensor {

#ifdef LORAHUB_CUDA
namespace {

using at::cuda::CUDAGraph;
using c10::cuda::CUDACachingAllocator::endAllocateToPool;
using c10::cuda::CUDACachingAllocator::releasePool;

std::mutex graphs;                  // made and ended one at a time: they share a random generator
std::atomic<bool> refused = false;  // after one failure no further attempts

void say_why_not(const std::exception& error) {
  if (refused.exchange(true)) return;
  fmt::print(stderr,
             "lorahub: a pass could not be recorded as a CUDA graph (the host launches each "
             "kernel: slower, the same numbers): {}\n",
             error.what());
}

// Ends the allocator's part of a capture. When CUDA has given up the capture, capture_end() throws
// before it tells the allocator, which would go on filling the graph's pool (LibTorch 2.11).
void tell_allocator(const c10::MempoolId_t& pool) {
  try {
    const auto device = c10::cuda::current_device();
    endAllocateToPool(device, pool);
    releasePool(device, pool);
  } catch (const std::exception&) {  // it knows
    return;
  }
}

void end(CUDAGraph& graph, const c10::MempoolId_t& pool) {
  try {
    graph.capture_end();
  } catch (...) {
    tell_allocator(pool);
    throw;
  }
}

void end_failed(CUDAGraph& graph, const c10::MempoolId_t& pool) {
  try {
    end(graph, pool);
  } catch (const std::exception&) {  // what came before is the reason
    return;
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
    const std::lock_guard alone(graphs);
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

  void record(const Work& work) {
    const std::lock_guard alone(graphs);
    const auto pool = at::cuda::graph_pool_handle();
    auto recording = std::make_unique<CUDAGraph>();
    // Other threads go on allocating and waiting meanwhile.
    recording->capture_begin(pool, cudaStreamCaptureModeThreadLocal);
    try {
      result = work(input);
    } catch (...) {
      end_failed(*recording, pool);
      throw;
    }
    end(*recording, pool);
    graph = std::move(recording);
  }

  void try_to_record(const Work& work) {
    try {
      record(work);
    } catch (const std::exception& error) {
      result.reset();
      say_why_not(error);
    }
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
  at::Tensor result = work_(s.input).cpu();
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
