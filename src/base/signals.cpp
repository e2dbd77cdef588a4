#include "base/signals.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include "base/check.hpp"

namespace lorahub::base {
namespace {
std::atomic<int> first_signal = 0;

struct Asked {
  int signal;
  const char* words;
};
constexpr std::array kAsked{Asked{SIGINT, "interrupted (SIGINT)"},
                            Asked{SIGTERM, "asked to end (SIGTERM)"},
                            Asked{SIGHUP, "the terminal was closed (SIGHUP)"},
                            Asked{SIGXCPU, "the processor time is used up (SIGXCPU, ulimit -t)"},
                            Asked{SIGUSR1, "warned by the scheduler (SIGUSR1)"}};

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const Asked& asked : kAsked) sigaddset(&set, asked.signal);
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
  const auto* asked = std::ranges::find(kAsked, pending_signal(), &Asked::signal);
  if (asked != kAsked.end())
    throw Interrupted(format("{}; run the same command to go on", asked->words));
}

}  // namespace lorahub::base
