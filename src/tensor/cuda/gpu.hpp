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

// Before the first tensor on it: attention by kernels that are there. cuDNN's, LibTorch's first
// choice on Hopper, are planned anew for each shape, for a generation at each token (0.4 s each).
void use_gpu();

// While it lives, what the calling thread does on the GPU goes to a stream of this thread, beside
// the other threads' work. Waits for what the thread's stream before had to do. Nothing on the CPU.
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

// `work` for other threads: there, too, it goes to the stream of the thread that calls this.
std::function<void()> on_this_stream(std::function<void()> work);

// Returns when the calling thread's stream has done all: other threads may read the results.
void wait_for_gpu(base::Device device);

// Gives what was allocated and is free again back to the system, and to the other processes on the
// GPU.
void release_memory(base::Device device);

}  // namespace lorahub::tensor
