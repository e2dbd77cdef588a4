#include "base/signals.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "base/check.hpp"

namespace lorahub::base {
namespace {
std::atomic<int> first_signal = 0;

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&set, number);
  return set;
}
}  // namespace

void block_signals() {
  const sigset_t set = our_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void ignore_file_size_signal() { std::signal(SIGXFSZ, SIG_IGN); }

int pending_signal() {
  const sigset_t set = our_signals();
  const timespec now{};
  for (int number; (number = sigtimedwait(&set, nullptr, &now)) > 0;) {
    if (first_signal == SIGINT && number == SIGINT) _exit(75);
    if (first_signal == 0) first_signal = number;
  }
  return first_signal;
}

void throw_if_signalled() {
  switch (pending_signal()) {
    case 0:
      return;
    case SIGINT:
      throw Interrupted("interrupted (SIGINT); run the same command to go on");
    case SIGTERM:
      throw Interrupted("asked to end (SIGTERM); run the same command to go on");
    default:
      throw Interrupted("warned by the scheduler (SIGUSR1); run the same command to go on");
  }
}

}  // namespace lorahub::base
