// Streams of the GPU, for the files that a build with CUDA alone compiles.
#pragma once
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <mutex>

namespace lorahub::tensor {

// A stream that nobody else has while this lives. (LibTorch's own pool deals out 32 in turn: two
// threads may get the same one, and what one of them does would be recorded in the other's graph.)
class LentStream {
 public:
  LentStream();
  ~LentStream();
  LentStream(const LentStream&) = delete;
  LentStream& operator=(const LentStream&) = delete;
  const c10::cuda::CUDAStream& get() const { return stream_; }

 private:
  c10::cuda::CUDAStream stream_;
};

// While it lives, the calling thread's stream is `stream`. The constructor waits for what is queued
// on the thread's previous stream.
class OnStream {
 public:
  explicit OnStream(const c10::cuda::CUDAStream& stream) : guard_(waited_for(stream)) {}

 private:
  static const c10::cuda::CUDAStream& waited_for(const c10::cuda::CUDAStream& stream) {
    const c10::cuda::CUDAStream before = c10::cuda::getCurrentCUDAStream();
    if (before != stream) before.synchronize();
    return stream;
  }
  c10::cuda::CUDAStreamGuard guard_;
};

// Held while a graph is captured or ended, since graphs share a random generator, and while memory
// is given back, since LibTorch gives nothing back during a capture.
std::mutex& capture_mutex();

// For who holds capture_mutex(): gives the memory that LibTorch keeps for reuse, and the pools of
// graphs that are gone, back to the GPU.
void empty_cache();

}  // namespace lorahub::tensor
