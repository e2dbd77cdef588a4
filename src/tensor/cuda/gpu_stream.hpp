// Streams of the GPU, for the files that a build with CUDA alone compiles.
#pragma once
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

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

}  // namespace lorahub::tensor
