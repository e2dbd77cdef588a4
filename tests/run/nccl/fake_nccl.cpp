#include "fake_nccl.hpp"

#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "nccl.h"

namespace {
using lorahub::fake_nccl::Counts;

// One broadcast of a channel, as its ranks have called it.
struct Round {
  std::map<int, void*> memory;  // by rank
  size_t bytes = 0;
  int root = 0;
  bool done = false;
};

struct Channel {
  int size = 0, joined = 0, finalized = 0;
  bool gone = false;   // a rank has left
  bool wrong = false;  // ranks disagree about a broadcast
  std::vector<Round> rounds;
};

std::mutex mutex;
std::map<std::string, Channel> channels;
Counts seen;
thread_local cudaError_t last_error = cudaSuccess;
int names = 0;
}  // namespace

struct FakeComm {
  Channel* channel;
  int rank;
  size_t rounds = 0;  // that this rank has called
  bool finalized = false;
};
struct FakeStream {
  FakeComm* comm = nullptr;  // of its last broadcast
};

namespace lorahub::fake_nccl {
void reset() {
  const std::lock_guard lock(mutex);
  seen = {};
}
Counts counts() {
  const std::lock_guard lock(mutex);
  return seen;
}
}  // namespace lorahub::fake_nccl

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const std::lock_guard lock(mutex);
  ++seen.streams;
  *stream = new FakeStream;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  ++seen.destroyed;
  delete stream;
  return cudaSuccess;
}

// Ready when the last broadcast has been called by all ranks; the last one copies.
cudaError_t cudaStreamQuery(cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  const FakeComm* comm = stream->comm;
  if (comm == nullptr || comm->channel->rounds[comm->rounds - 1].done) return cudaSuccess;
  ++seen.not_ready;
  ++seen.queries_not_ready;
  return last_error = cudaErrorNotReady;
}

cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
const char* cudaGetErrorString(cudaError_t) { return "fake CUDA error"; }

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  const std::lock_guard lock(mutex);
  std::memset(id->internal, 0, sizeof id->internal);
  const std::string name = "channel " + std::to_string(names++);
  std::memcpy(id->internal, name.data(), name.size());
  return ncclSuccess;
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t* comm, int size, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
  const std::lock_guard lock(mutex);
  Channel& channel = channels[id.internal];
  channel.size = size;
  ++channel.joined;
  ++seen.communicators;
  if (config->blocking != 0) ++seen.blocking_inits;
  *comm = new FakeComm{.channel = &channel, .rank = rank};
  return ncclInProgress;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* error) {
  const std::lock_guard lock(mutex);
  const Channel& channel = *comm->channel;
  if (channel.wrong) {
    *error = ncclInvalidUsage;
  } else if (channel.gone && comm->rounds > 0 && !channel.rounds[comm->rounds - 1].done) {
    *error = ncclRemoteError;
  } else if (channel.joined < channel.size ||
             (comm->finalized && channel.finalized < channel.size)) {
    ++seen.not_ready;
    *error = ncclInProgress;
  } else {
    *error = ncclSuccess;
  }
  return ncclSuccess;
}

// Complete when all ranks have called it.
ncclResult_t ncclCommFinalize(ncclComm_t comm) {
  const std::lock_guard lock(mutex);
  comm->finalized = true;
  ++comm->channel->finalized;
  return ncclInProgress;
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
  const std::lock_guard lock(mutex);
  if (!comm->finalized || comm->channel->finalized < comm->channel->size) return ncclInvalidUsage;
  ++seen.ended;
  delete comm;
  return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm) {
  const std::lock_guard lock(mutex);
  ++seen.aborted;
  comm->channel->gone = true;
  delete comm;
  return ncclSuccess;
}

ncclResult_t ncclBroadcast(const void* from, void* to, size_t count, ncclDataType_t, int root,
                           ncclComm_t comm, cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  Channel& channel = *comm->channel;
  stream->comm = comm;
  if (comm->rounds == channel.rounds.size())
    channel.rounds.push_back({.memory = {}, .bytes = count, .root = root});
  Round& round = channel.rounds[comm->rounds++];
  if (round.bytes != count || round.root != root || from != to) channel.wrong = true;
  round.memory[comm->rank] = to;
  if (channel.wrong || static_cast<int>(round.memory.size()) < channel.size) return ncclInProgress;
  for (const auto& [rank, memory] : round.memory)
    if (rank != root) std::memcpy(memory, round.memory.at(root), count);
  round.done = true;
  return ncclSuccess;
}

const char* ncclGetErrorString(ncclResult_t code) {
  return code == ncclRemoteError ? "remote process exited" : "invalid usage";
}
