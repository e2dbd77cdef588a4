#include "workers/heartbeat.hpp"

namespace lorahub::workers {
Silence::Silence(size_t ranks) : heard_(ranks, 0) {}
void Silence::note(int rank) { heard_[static_cast<size_t>(rank)] = awake_.seconds(); }
double Silence::of(int rank) { return awake_.seconds() - heard_[static_cast<size_t>(rank)]; }

bool Every::due() {
  if (steady_seconds() - last_ < seconds_) return false;
  last_ = steady_seconds();
  return true;
}

}  // namespace lorahub::workers
