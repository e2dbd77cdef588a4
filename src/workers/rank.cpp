#include "workers/rank.hpp"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "workers/backoff.hpp"
#include "workers/session.hpp"

namespace lorahub::workers {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

double Rank::beat() const { return std::min(1.0, service.stall_timeout / 4); }

void Rank::let_units_end() const {
  if (service.grace <= 0 || !executor.busy()) return;
  kill(getpid(), SIGTERM);  // the signal is blocked, so it stays pending until a unit looks for it
  Every next_beat(beat());
  for (Backoff backoff; executor.busy() && backoff.waited() < service.grace; backoff.wait()) {
    if (mailbox == nullptr) continue;
    if (rank > 0 && next_beat.due()) mailbox->post({0}, {.kind = Kind::heartbeat}, "");
    mailbox->progress();
  }
}

void leave(int code, Leave how) {
  std::fflush(nullptr);
  if (how == Leave::together && mpi_runs()) {
    meet();
    MPI_Finalize();
  }
  _exit(code);
}

Silence::Silence(size_t ranks) : heard_(ranks, 0) {}
void Silence::note(int rank) { heard_[static_cast<size_t>(rank)] = awake_.seconds(); }
double Silence::of(int rank) { return awake_.seconds() - heard_[static_cast<size_t>(rank)]; }

bool Every::due() {
  if (now() - last_ < seconds_) return false;
  last_ = now();
  return true;
}

}  // namespace lorahub::workers
