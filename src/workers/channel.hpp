// Copies memory from one rank to all others. GPUs do it by NCCL (nccl.hpp); the tests have a fake.
#pragma once
#include <cstddef>

namespace lorahub::workers {

// One of the ranks that take part.
struct ChannelMember {
  int rank = 0, size = 1;
};

class Channel {
 public:
  Channel() = default;
  virtual ~Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Copies `bytes` bytes from `data` of rank `root` to `data` of each other rank. Every rank calls
  // it, with the same bytes and root; returns when this rank's copy is complete. Throws base::Error
  // when another rank is lost, base::Interrupted when a signal comes while waiting.
  virtual void broadcast(void* data, size_t bytes, int root) = 0;
};

}  // namespace lorahub::workers
