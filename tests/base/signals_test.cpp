#include "base/signals.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

#include "base/check.hpp"

namespace lorahub::base {
namespace {

// In a child process, which `kill`s itself: how it ended.
int in_child(int (*body)()) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int state = 0;
  ::waitpid(child, &state, 0);
  return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

TEST(Signals, AskedForAndRemembered) {
  EXPECT_EQ(in_child([] {
              block_signals();
              if (pending_signal() != 0) return 1;
              ::kill(::getpid(), SIGTERM);
              if (pending_signal() != SIGTERM || pending_signal() != SIGTERM) return 2;
              try {
                throw_if_signalled();
              } catch (const Interrupted&) {
                return 0;
              }
              return 3;
            }),
            0);
}

TEST(Signals, EachThatAsksForTheEndIsNamed) {
  for (const auto& [number, name] :
       {std::pair{SIGINT, "SIGINT"}, std::pair{SIGTERM, "SIGTERM"}, std::pair{SIGHUP, "SIGHUP"},
        std::pair{SIGXCPU, "SIGXCPU"}, std::pair{SIGUSR1, "SIGUSR1"}}) {
    static int sent;
    static const char* expected;
    sent = number;
    expected = name;
    EXPECT_EQ(in_child([] {
                block_signals();
                ::kill(::getpid(), sent);
                try {
                  throw_if_signalled();
                } catch (const Interrupted& e) {
                  return std::string(e.what()).find(expected) != std::string::npos ? 0 : 2;
                }
                return 1;
              }),
              0)
        << name;
  }
}

TEST(Signals, ASecondInterruptEndsAtOnce) {
  EXPECT_EQ(in_child([] {
              block_signals();
              ::kill(::getpid(), SIGINT);
              pending_signal();
              ::kill(::getpid(), SIGINT);
              pending_signal();
              return 1;
            }),
            75);
}

}  // namespace
}  // namespace lorahub::base
