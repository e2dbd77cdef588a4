// Weights from GPU to GPU: NCCL, for builds that have it (LORAHUB_NCCL). One rank per GPU; a rank's
// current CUDA device is the one that takes part.
#pragma once
#include <memory>
#include <string>

#include "workers/channel.hpp"

namespace lorahub::workers {

bool has_nccl();  // whether this build can

// Coordinator: a new channel's name, as bytes; it goes to the other ranks inside a request to
// everyone.
std::string nccl_id();

// All members make one at the same time (in the handler of that request). Memory is the device's.
class NcclChannel : public Channel {
 public:
  NcclChannel(const std::string& id, Member me);
  ~NcclChannel() override;
  void broadcast(void* device, size_t bytes, int root) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lorahub::workers
