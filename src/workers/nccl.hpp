// Copies weights from GPU to GPU by NCCL, in builds that have it (LORAHUB_NCCL). Each rank takes
// part with its current CUDA device, which no other rank may use.
#pragma once
#include <memory>
#include <string>

#include "workers/channel.hpp"

namespace lorahub::workers {

bool has_nccl();  // whether this build has NCCL

// For the coordinator: the name of a new channel, as bytes, to be sent to all ranks in a request.
std::string nccl_id();

// All members construct one at the same time, in the handler of that request. broadcast() takes
// memory of the device.
class NcclChannel : public Channel {
 public:
  NcclChannel(const std::string& id, ChannelMember me);
  ~NcclChannel() override;
  void broadcast(void* device, size_t bytes, int root) override;
  // Must be the last call of every member: returns when no member has anything under way. A channel
  // that is destroyed without it (by an exception) is aborted, and the other members' calls fail.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lorahub::workers
