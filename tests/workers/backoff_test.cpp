#include "workers/backoff.hpp"

#include <gtest/gtest.h>

#include "base/clock.hpp"

namespace lorahub::workers {
namespace {

TEST(Backoff, IsQuickAtFirstAndCheapLater) {
  Backoff backoff;
  int polls = 0;
  const double before = base::process_seconds();
  for (; backoff.waited() < 150e-6; ++polls) backoff.wait();
  EXPECT_GE(polls, 3);  // no sleep yet, which takes 50 us at least

  for (; backoff.waited() < 0.5; ++polls) backoff.wait();
  EXPECT_LT(base::process_seconds() - before, 0.125);  // 2 % measured, busy waiting is 100 %
}

TEST(Backoff, SleepsNoLongerThanAMillisecond) {
  Backoff backoff;
  int polls = 0;
  for (; backoff.waited() < 1.0; ++polls) backoff.wait();
  EXPECT_GT(polls, 300);  // about 950 when the machine is free
}

TEST(Backoff, IsQuickAgainAfterARestart) {
  Backoff backoff;
  while (backoff.waited() < 0.05) backoff.wait();
  int polls = 0;
  for (int attempt = 0; attempt < 5 && polls < 3; ++attempt) {
    backoff.restart();
    for (polls = 0; backoff.waited() < 150e-6; ++polls) backoff.wait();
  }
  EXPECT_GE(polls, 3);
}

}  // namespace
}  // namespace lorahub::workers
