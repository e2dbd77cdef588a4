// Ends a process whose thread that calls MPI does not come back. Open MPI waits inside of a call
// for memory that the machine does not have; where all ranks do so, none is left to notice.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace lorahub::workers {

class LoopWatchdog {
 public:
  LoopWatchdog() = default;  // watches nothing
  // Where `turns` stands still for `seconds`, in a process that is not stopped itself, the process
  // writes `last_words` on standard error and ends with 75. Memory is needed by the constructor
  // alone. Where the system gives no thread, nothing is watched: an Executor says so.
  LoopWatchdog(const std::atomic<uint64_t>& turns, double seconds, std::string last_words);

  void stop() { thread_ = {}; }

 private:
  std::jthread thread_;
};

}  // namespace lorahub::workers
