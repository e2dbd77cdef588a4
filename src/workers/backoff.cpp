#include "workers/backoff.hpp"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace lorahub::workers {
using namespace std::chrono_literals;

std::chrono::nanoseconds pause_after(std::chrono::nanoseconds waited) {
  if (waited < 200us) return 0ns;
  const auto longest = std::clamp<std::chrono::nanoseconds>(waited / 100, 1ms, 2ms);
  return std::clamp<std::chrono::nanoseconds>(waited / 10, 50us, longest);
}

void Backoff::wait() const {
  if (const auto length = pause(); length == 0ns)
    sched_yield();
  else
    std::this_thread::sleep_for(length);
}

std::chrono::nanoseconds Backoff::pause() const {
  return pause_after(std::chrono::steady_clock::now() - start_);
}

double Backoff::waited() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void Backoff::restart() { start_ = std::chrono::steady_clock::now(); }

}  // namespace lorahub::workers
