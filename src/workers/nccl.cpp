#include "workers/nccl.hpp"

#include "base/fault.hpp"

#if LORAHUB_NCCL
#include <nccl.h>

#include <cstring>
#include <utility>

#include "base/signals.hpp"
#include "workers/backoff.hpp"
#endif

namespace lorahub::workers {
#if LORAHUB_NCCL
namespace {
void check_cuda(cudaError_t code, const char* what) {
  if (code != cudaSuccess)
    throw base::MachineFault(
        base::format("{} failed on the GPU ({}), see nvidia-smi", what, cudaGetErrorString(code)));
}

void check_nccl(ncclResult_t code, const char* what) {
  if (code != ncclSuccess && code != ncclInProgress)
    throw base::MachineFault(
        base::format("{} failed between the GPUs ({}), set NCCL_DEBUG=INFO for more", what,
                     ncclGetErrorString(code)));
}
}  // namespace

struct NcclChannel::State {
  ncclComm_t comm = nullptr;
  cudaStream_t stream = nullptr;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (comm != nullptr) ncclCommAbort(comm);
    if (stream != nullptr) cudaStreamDestroy(stream);
  }

  // The communicator never blocks (config.blocking = 0), so this polls until its last call is
  // complete.
  void finish(const char* what) const {
    for (const Backoff backoff;; backoff.wait()) {
      ncclResult_t now = ncclSuccess;
      check_nccl(ncclCommGetAsyncError(comm, &now), what);
      check_nccl(now, what);
      if (now == ncclSuccess) return;
      base::throw_if_signalled();
    }
  }
};

bool has_nccl() { return true; }

std::string nccl_id() {
  ncclUniqueId id;
  check_nccl(ncclGetUniqueId(&id), "naming a channel");
  return {id.internal, sizeof id.internal};
}

NcclChannel::NcclChannel(const std::string& id, ChannelMember me)
    : state_(std::make_unique<State>()) {
  ncclUniqueId name;
  base::check(id.size() == sizeof name.internal,
              "the name of an NCCL channel has {} bytes instead of {} (the ranks may be different "
              "builds), start the same program on all nodes",
              id.size(), sizeof name.internal);
  std::memcpy(name.internal, id.data(), id.size());
  check_cuda(cudaStreamCreateWithFlags(&state_->stream, cudaStreamNonBlocking), "making a stream");
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  check_nccl(ncclCommInitRankConfig(&state_->comm, me.size, name, me.rank, &config),
             "joining a channel");
  state_->finish("joining a channel");
}

void NcclChannel::broadcast(void* device, size_t bytes, int root) {
  check_cuda(cudaDeviceSynchronize(), "finishing the work before a broadcast");
  check_nccl(ncclBroadcast(device, device, bytes, ncclInt8, root, state_->comm, state_->stream),
             "a broadcast");
  state_->finish("a broadcast");
  for (const Backoff backoff;; backoff.wait()) {
    const cudaError_t code = cudaStreamQuery(state_->stream);
    if (code == cudaSuccess) return;
    if (code != cudaErrorNotReady) check_cuda(code, "a broadcast");
    (void)cudaGetLastError();       // else the thread's next kernel would be blamed for it
    state_->finish("a broadcast");  // throws when another rank is lost
    base::throw_if_signalled();
  }
}

// A rank may still be passing on data to the next one when its own copies are complete, so all of
// them end together.
void NcclChannel::close() {
  check_nccl(ncclCommFinalize(state_->comm), "leaving a channel");
  state_->finish("leaving a channel");
  check_nccl(ncclCommDestroy(std::exchange(state_->comm, nullptr)), "leaving a channel");
}
#else
struct NcclChannel::State {};

bool has_nccl() { return false; }

std::string nccl_id() {
  base::fail(
      "this build has no NCCL (GPUs can't exchange weights), build where nccl.h and CUDA are");
}

NcclChannel::NcclChannel(const std::string&, ChannelMember) { nccl_id(); }

void NcclChannel::broadcast(void*, size_t, int) { nccl_id(); }

void NcclChannel::close() { nccl_id(); }
#endif

NcclChannel::~NcclChannel() = default;

}  // namespace lorahub::workers
