// Weights from one GPU to all: NCCL, for builds that have it (LORAHUB_NCCL). One rank per GPU; a
// rank's current CUDA device is the one that takes part.
#pragma once
#include <cstddef>
#include <memory>
#include <string>

namespace lorahub::workers {

// Who takes part.
struct Share {
  int rank = 0, size = 1;
};

bool has_nccl();  // whether this build can

// Coordinator: a new channel's name, as bytes; it goes to the other ranks inside a request to
// everyone.
std::string nccl_id();

// All ranks of the share make one at the same time (in the handler of that request).
class NcclChannel {
 public:
  NcclChannel(const std::string& id, Share share);
  ~NcclChannel();
  NcclChannel(const NcclChannel&) = delete;
  NcclChannel& operator=(const NcclChannel&) = delete;

  // Rank 0's device memory into that of all the others; every rank calls it, with the same number
  // of bytes. Returns when this rank's copy is complete. Throws base::Interrupted when a signal
  // comes while waiting.
  void broadcast(void* device, size_t bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lorahub::workers
