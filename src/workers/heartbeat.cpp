#include "workers/heartbeat.hpp"

#include <chrono>

namespace lorahub::workers {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Silence::Silence(size_t ranks) : heard_(ranks, 0) {}
void Silence::note(int rank) { heard_[static_cast<size_t>(rank)] = awake_.seconds(); }
double Silence::of(int rank) { return awake_.seconds() - heard_[static_cast<size_t>(rank)]; }

bool Every::due() {
  if (now() - last_ < seconds_) return false;
  last_ = now();
  return true;
}

}  // namespace lorahub::workers
