// Wakes the thread that calls MPI when another thread of the rank has something for it.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace lorahub::workers {

class WakeUp {
 public:
  void ring();
  // Waits until ring() is called, at most for `pause`. Returns at once where ring() was called
  // since the last wait. With a pause of 0 it only yields the processor.
  void wait(std::chrono::nanoseconds pause);

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  bool pending_ = false;
};

}  // namespace lorahub::workers
