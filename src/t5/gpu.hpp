// The GPU that this process computes on: CUDA's device 0 (base::claim_gpu).
#pragma once
#include <memory>
#include <string>

#include "t5/network.hpp"

namespace lorahub::t5 {

// Its PCI address, "0000:65:00.0": no two GPUs of a node have the same. Error without a GPU, or in
// a build without CUDA.
std::string gpu_address();

// While it lives, what the calling thread does on the GPU goes to a stream of this thread, beside
// the other threads' work. Waits for what the thread's stream before had to do. Nothing on the CPU.
class OwnStream {
 public:
  explicit OwnStream(Device device);
  ~OwnStream();
  OwnStream(const OwnStream&) = delete;
  OwnStream& operator=(const OwnStream&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Returns when the calling thread's stream has done all: other threads may read the results.
void wait_for_gpu(Device device);

}  // namespace lorahub::t5
