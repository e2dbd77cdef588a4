#include "workers/rank.hpp"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "workers/session.hpp"

namespace lorahub::workers {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

double Rank::beat() const { return std::min(1.0, service.stall_timeout / 4); }

void leave(int code, Leave how) {
  std::fflush(nullptr);
  if (how == Leave::together && mpi_runs()) {
    meet();
    MPI_Finalize();
  }
  _exit(code);
}

Silence::Silence(size_t ranks) : heard_(ranks, now()) {}
void Silence::note(int rank) { heard_[static_cast<size_t>(rank)] = now(); }
double Silence::of(int rank) const { return now() - heard_[static_cast<size_t>(rank)]; }

bool Every::due() {
  if (now() - last_ < seconds_) return false;
  last_ = now();
  return true;
}

}  // namespace lorahub::workers
