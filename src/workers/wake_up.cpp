#include "workers/wake_up.hpp"

#include <sched.h>

#include <utility>

namespace lorahub::workers {

void WakeUp::ring() {
  {
    const std::lock_guard lock(mutex_);
    pending_ = true;
  }
  rung_.notify_one();
}

void WakeUp::wait(std::chrono::nanoseconds pause) {
  if (pause == std::chrono::nanoseconds(0)) {
    sched_yield();
    return;
  }
  std::unique_lock lock(mutex_);
  rung_.wait_for(lock, pause, [this] { return pending_; });
  pending_ = false;
}

}  // namespace lorahub::workers
