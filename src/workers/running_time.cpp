#include "workers/running_time.hpp"

#include <algorithm>
#include <chrono>

namespace lorahub::workers {
namespace {

constexpr double kLongestGap = 2;  // seconds between two calls in a process that runs

}  // namespace

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

RunningTime::RunningTime() : last_look_(steady_seconds()) {}

double RunningTime::seconds() {
  const double time = steady_seconds();
  seconds_ += std::min(time - last_look_, kLongestGap);
  last_look_ = time;
  return seconds_;
}

}  // namespace lorahub::workers
