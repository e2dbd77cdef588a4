#include "workers/loop_state.hpp"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "workers/backoff.hpp"
#include "workers/heartbeat.hpp"
#include "workers/session.hpp"

namespace lorahub::workers {

double LoopState::beat() const { return std::min(1.0, service.stall_timeout / 4); }

void LoopState::let_units_end() const {
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

}  // namespace lorahub::workers
