#include "base/signals.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "base/check.hpp"
#include "base/exit_codes.hpp"

namespace lorahub::base {
namespace {
std::atomic<int> first_signal = 0;

struct EndSignal {
  int signal;
  const char* words;
};
constexpr std::array kEndSignals{
    EndSignal{SIGINT, "interrupted (SIGINT)"}, EndSignal{SIGTERM, "asked to end (SIGTERM)"},
    EndSignal{SIGHUP, "the terminal was closed (SIGHUP)"},
    EndSignal{SIGXCPU, "the processor time is used up (SIGXCPU, ulimit -t)"},
    EndSignal{SIGUSR1, "warned by the scheduler (SIGUSR1)"}};

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const EndSignal& asked : kEndSignals) sigaddset(&set, asked.signal);
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
    if (first_signal == SIGINT && number == SIGINT) _exit(kExitRunAgain);
    if (first_signal == 0) first_signal = number;
  }
  return first_signal;
}

void throw_if_signalled() {
  const auto* asked = std::ranges::find(kEndSignals, pending_signal(), &EndSignal::signal);
  if (asked != kEndSignals.end())
    throw Interrupted(format("{}; run the same command to go on", asked->words));
}

}  // namespace lorahub::base
