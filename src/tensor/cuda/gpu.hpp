// The GPU that this process computes on: CUDA's device 0 (base::claim_gpu).
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/device.hpp"

namespace lorahub::tensor {

// Its PCI address, "0000:65:00.0": no two GPUs of a node have the same. Error without a GPU, or in
// a build without CUDA.
std::string gpu_address();

// Must be called before the first tensor on the GPU. It keeps attention to LibTorch's own kernels:
// those of cuDNN, its first choice on Hopper, are planned anew for each shape (0.4 s each), which
// generating would do at each token.
void use_gpu();

// While it lives, the calling thread's work on the GPU goes to a stream of its own and runs beside
// the other threads' work. The constructor waits for what is queued on the thread's previous
// stream. On the CPU it does nothing.
class OwnStream {
 public:
  explicit OwnStream(base::Device device);
  ~OwnStream();
  OwnStream(const OwnStream&) = delete;
  OwnStream& operator=(const OwnStream&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Wraps `work` for other threads, so that there, too, it goes to the stream of the thread that
// calls this.
std::function<void()> on_this_stream(std::function<void()> work);

// Returns when the calling thread's stream has finished, so that other threads may read the
// results.
void wait_for_gpu(base::Device device);

// Gives memory that was allocated and is free again back to the system and so to the other
// processes on the GPU.
void release_memory(base::Device device);

}  // namespace lorahub::tensor
