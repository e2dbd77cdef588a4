#include "base/shell.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "base/clock.hpp"

namespace lorahub::base {
namespace {

TEST(Shell, ReadsItsInputAndTellsWhatItPrinted) {
  const std::string long_input(300'000, 'x');  // more than a pipe holds
  const ShellOutput output = run_shell("wc -c; echo said >&2; exit 3", long_input, 60);
  EXPECT_EQ(output.text, "300000\nsaid\n");
  EXPECT_EQ(output.code, 3);
  EXPECT_TRUE(output.in_time);
}

TEST(Shell, IsKilledWithAllThatItStarted) {
  const Stopwatch clock;
  const ShellOutput output = run_shell("sleep 300 & sleep 301; echo late", "", 0.2);
  EXPECT_FALSE(output.in_time);
  EXPECT_EQ(output.code, 128 + SIGKILL);
  EXPECT_EQ(output.text, "");
  EXPECT_LT(clock.seconds(), 100);
}

// A pipe would stay open in the child that is left behind.
TEST(Shell, WhatItLeavesBehindIsNotWaitedFor) {
  const Stopwatch clock;
  EXPECT_EQ(run_shell("sleep 60 & echo done", "", 50).text, "done\n");
  EXPECT_LT(clock.seconds(), 50);
}

TEST(Shell, IsNoRankOfTheRun) {
  ::setenv("OMPI_COMM_WORLD_SIZE", "4", 1);
  ::setenv("PMIX_RANK", "0", 1);
  EXPECT_EQ(run_shell("echo ${OMPI_COMM_WORLD_SIZE-none} ${PMIX_RANK-none}", "", 60).text,
            "none none\n");
  ::unsetenv("OMPI_COMM_WORLD_SIZE");
  ::unsetenv("PMIX_RANK");
}

// A run blocks the signals that end it, and the command must not inherit that.
TEST(Shell, SignalsReachIt) {
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &set, &before);
  EXPECT_EQ(run_shell("kill -TERM $$; sleep 1", "", 60).code, 128 + SIGTERM);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace lorahub::base
