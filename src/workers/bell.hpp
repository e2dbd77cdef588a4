// Wakes the thread that keeps MPI when another thread of the rank has something for it.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace lorahub::workers {

class Bell {
 public:
  void ring();
  // Until a ring since the last wait, at most `pause`; 0 only lets others run.
  void wait(std::chrono::nanoseconds pause);

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  bool pending_ = false;
};

}  // namespace lorahub::workers
