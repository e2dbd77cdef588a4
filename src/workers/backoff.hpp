// Waits for a message without burning a core: it polls at once, then sleeps for a tenth of the time
// waited so far, at last for 2 ms (polling each ms takes 2 to 3 % of a core).
#pragma once
#include <chrono>

namespace lorahub::workers {

// How long to sleep after having waited: not at all in the first 200 us, then 50 us to 1 ms, and
// to 2 ms from 100 ms on.
std::chrono::nanoseconds pause_after(std::chrono::nanoseconds waited);

class Backoff {
 public:
  void wait() const;  // sleeps for pause(), or yields the processor where it is 0
  std::chrono::nanoseconds pause() const;  // pause_after(waited)
  double waited() const;                   // seconds since construction or restart
  void restart();                          // to be called when a message has come

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace lorahub::workers
