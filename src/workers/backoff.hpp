// How to wait for a message without burning a core: polls at once, then sleeps for a tenth of the
// time waited so far.
#pragma once
#include <chrono>

namespace lorahub::workers {

class Backoff {
 public:
  // Gives way: sched_yield in the first 200 us of waiting, then sleeps of 50 us to 1 ms (1 ms
  // polling: 2 % of a core).
  void wait() const;
  double waited() const;  // seconds since construction or restart
  void restart();         // something came: be quick again

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace lorahub::workers
