// Memory from one rank to the others: what GPUs do by NCCL (nccl.hpp), and a fake in the tests.
#pragma once
#include <cstddef>

namespace lorahub::workers {

// One of the ranks that take part.
struct Member {
  int rank = 0, size = 1;
};

class Channel {
 public:
  Channel() = default;
  virtual ~Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // `bytes` bytes at `data` of rank `root` to the same place of the others. Every rank calls it,
  // with the same bytes and root; returns when this rank's copy is complete. Throws base::Error
  // when another rank is lost, base::Interrupted when a signal comes while waiting.
  virtual void broadcast(void* data, size_t bytes, int root) = 0;
};

}  // namespace lorahub::workers
