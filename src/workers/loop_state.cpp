#include "workers/loop_state.hpp"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>

#include "base/exit_codes.hpp"
#include "base/streams.hpp"
#include "workers/backoff.hpp"
#include "workers/end_launcher.hpp"
#include "workers/heartbeat.hpp"
#include "workers/session.hpp"

namespace lorahub::workers {
namespace {

constexpr double kGoodbye = 30;  // seconds

volatile std::sig_atomic_t late_code = 0;

void end_after(double seconds, int code) {
  late_code = code;
  std::signal(SIGALRM, [](int) { _exit(late_code); });
  alarm(static_cast<unsigned>(std::ceil(seconds)));
}

}  // namespace

double LoopState::beat() const { return std::min(1.0, service.stall_timeout / 4); }

void LoopState::let_requests_end() const {
  if (service.grace <= 0 || !executor.busy()) return;
  kill(getpid(),
       SIGTERM);  // the signal is blocked, so it stays pending until a request looks for it
  Every next_beat(beat());
  for (Backoff backoff; executor.busy() && backoff.waited() < service.grace; backoff.wait()) {
    if (mailbox == nullptr) continue;
    if (rank > 0 && next_beat.due()) mailbox->post({0}, {.kind = Kind::heartbeat}, "");
    mailbox->progress();
  }
}

void LoopState::leave_together(int code) const {
  watchdog.stop();
  std::fflush(nullptr);
  if (mpi_runs()) {
    end_after(service.grace + kGoodbye, code);
    meet();
    MPI_Finalize();
  }
  _exit(code);
}

void LoopState::leave_alone(const std::exception_ptr& error) const {
  int code = base::kExitRunAgain;
  try {
    const base::Cause cause = base::cause_of(error);
    code = base::exit_code(cause.blame);
    const bool bug = cause.blame == base::Blame::program;
    const auto words = std::make_exception_ptr(base::Interrupted(
        base::format("rank {} on {}: {}{}", rank, hosts[static_cast<size_t>(rank)],
                     bug ? "internal error: " : "", cause.sentence)));
    rank == 0 ? last_words(words) : print_last_words(words);  // a command's are those of rank 0
  } catch (...) {
    base::write_error(
        "lorahub: a rank has no memory left to say what it lacks, give the job more memory; run "
        "the same command to go on\n");
  }
  end_lingering_launcher();
  _exit(code);
}

void leave(int code) {
  std::fflush(nullptr);
  _exit(code);
}

}  // namespace lorahub::workers
