#include "tensor/cuda/gpu.hpp"

#include <ATen/Context.h>
#include <malloc.h>

#include <atomic>
#include <utility>

#include "base/check.hpp"

#ifdef LORAHUB_CUDA
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>
#include <cuda_runtime_api.h>

#include <vector>

#include "tensor/cuda/gpu_stream.hpp"
#endif

namespace lorahub::tensor {
namespace {
std::atomic<bool> in_use = false;
}  // namespace

void use_gpu() {
  at::globalContext().setSDPUseCuDNN(false);
  in_use = true;
}

#ifdef LORAHUB_CUDA
namespace {

// The streams that LentStream lends; they are made as they are needed and kept to the end.
class Streams {
 public:
  c10::cuda::CUDAStream take() {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      const c10::cuda::CUDAStream last = free_.back();
      free_.pop_back();
      return last;
    }
    cudaStream_t raw = nullptr;
    C10_CUDA_CHECK(cudaStreamCreateWithFlags(&raw, cudaStreamNonBlocking));
    return c10::cuda::getStreamFromExternal(raw, c10::cuda::current_device());
  }
  void give_back(const c10::cuda::CUDAStream& stream) {
    const std::lock_guard lock(mutex_);
    free_.push_back(stream);
  }
  static Streams& all() {
    static auto& streams = *new Streams;  // threads may end after static objects
    return streams;
  }

 private:
  std::mutex mutex_;
  std::vector<c10::cuda::CUDAStream> free_;
};

const c10::cuda::CUDAStream& stream_of_this_thread() {
  thread_local const LentStream mine;
  return mine.get();
}

}  // namespace

LentStream::LentStream() : stream_(Streams::all().take()) {}
LentStream::~LentStream() { Streams::all().give_back(stream_); }

std::mutex& capture_mutex() {
  static auto& mutex = *new std::mutex;  // threads may end after static objects
  return mutex;
}

void empty_cache() { c10::cuda::CUDACachingAllocator::emptyCache(); }

struct OwnStream::State {
  OnStream on{stream_of_this_thread()};
};

std::string gpu_address() {
  char address[32] = {};
  const cudaError_t code = cudaDeviceGetPCIBusId(address, sizeof address, 0);
  base::check(code == cudaSuccess, "no GPU can be used ({}), use --device cpu",
              cudaGetErrorString(code));
  return address;
}

OwnStream::OwnStream(base::Device device) {
  if (device == base::Device::cuda) state_ = std::make_unique<State>();
}

std::function<void()> on_this_stream(std::function<void()> work) {
  if (!in_use) return work;
  return [stream = c10::cuda::getCurrentCUDAStream(), work = std::move(work)] {
    const c10::cuda::CUDAStreamGuard guard(stream);
    work();
  };
}

void wait_for_gpu(base::Device device) {
  if (device == base::Device::cuda) c10::cuda::getCurrentCUDAStream().synchronize();
}

void release_memory(base::Device device) {
  ::malloc_trim(0);
  if (device == base::Device::cpu) return;
  const std::lock_guard alone(capture_mutex());
  empty_cache();
}
#else
struct OwnStream::State {};

std::string gpu_address() {
  base::fail("this build has no CUDA (device cuda was asked for), use --device cpu");
}

OwnStream::OwnStream(base::Device) {}

std::function<void()> on_this_stream(std::function<void()> work) { return work; }

void wait_for_gpu(base::Device) {}

void release_memory(base::Device) { ::malloc_trim(0); }
#endif

OwnStream::~OwnStream() = default;

}  // namespace lorahub::tensor
