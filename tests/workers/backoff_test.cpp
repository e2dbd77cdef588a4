#include "workers/backoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/clock.hpp"

namespace lorahub::workers {
namespace {

// Polls in the first 150 us, the best of some: the machine may be busy. A sleep takes 50 us at least.
int first_polls(Backoff& backoff) {
  int most = 0;
  for (int attempt = 0; attempt < 50 && most < 4; ++attempt) {
    backoff.restart();
    int polls = 0;
    for (; backoff.waited() < 150e-6; ++polls) backoff.wait();
    most = std::max(most, polls);
  }
  return most;
}

TEST(Backoff, IsQuickAtFirstAndCheapLater) {
  Backoff backoff;
  EXPECT_GE(first_polls(backoff), 4);
  const double before = base::process_seconds();
  while (backoff.waited() < 0.5) backoff.wait();
  EXPECT_LT(base::process_seconds() - before, 0.25);  // 2 % measured, busy waiting is 100 %
}

TEST(Backoff, SleepsNoLongerThanAMillisecond) {
  Backoff backoff;
  int polls = 0;
  for (; backoff.waited() < 1.0; ++polls) backoff.wait();
  EXPECT_GT(polls, 50);  // about 950 when the machine is free
}

TEST(Backoff, IsQuickAgainAfterARestart) {
  Backoff backoff;
  while (backoff.waited() < 0.05) backoff.wait();
  EXPECT_GE(first_polls(backoff), 4);
}

}  // namespace
}  // namespace lorahub::workers
