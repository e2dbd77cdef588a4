#include "workers/backoff.hpp"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace lorahub::workers {
using namespace std::chrono_literals;

void Backoff::wait() const {
  const auto waited = std::chrono::steady_clock::now() - start_;
  if (waited < 200us) {
    sched_yield();
    return;
  }
  std::this_thread::sleep_for(std::clamp<std::chrono::nanoseconds>(waited / 10, 50us, 1ms));
}

double Backoff::waited() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void Backoff::restart() { start_ = std::chrono::steady_clock::now(); }

}  // namespace lorahub::workers
