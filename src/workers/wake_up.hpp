// Wakes the thread that calls MPI when another thread of the rank has something for it.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace lorahub::workers {

class WakeUp {
 public:
  void ring();
  // Waits until ring() is called, or was called since the last wait, but at most for `pause`; with
  // 0 it only yields the processor.
  void wait(std::chrono::nanoseconds pause);

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  bool pending_ = false;
};

}  // namespace lorahub::workers
