#include "workers/backoff.hpp"

#include <gtest/gtest.h>

#include "base/clock.hpp"

namespace lorahub::workers {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoesNotSleepAtFirstAndNeverLongerThanTwoMilliseconds) {
  EXPECT_EQ(pause_after(0us), 0ns);
  EXPECT_EQ(pause_after(199us), 0ns);
  EXPECT_EQ(pause_after(200us), 50us);
  EXPECT_EQ(pause_after(2ms), 200us);
  EXPECT_EQ(pause_after(10ms), 1ms);
  EXPECT_EQ(pause_after(100ms), 1ms);
  EXPECT_EQ(pause_after(150ms), 1500us);
  EXPECT_EQ(pause_after(1h), 2ms);
}

TEST(Backoff, WaitingIsCheap) {
  const Backoff backoff;
  const double before = base::process_seconds();
  while (backoff.waited() < 0.5) backoff.wait();
  EXPECT_LT(base::process_seconds() - before, 0.25);  // 2 % measured, busy waiting is 100 %
}

TEST(Backoff, ARestartForgetsTheWaiting) {
  Backoff backoff;
  while (backoff.waited() < 0.05) backoff.wait();
  const double before = backoff.waited();
  backoff.restart();
  EXPECT_LT(backoff.waited(), before);
}

}  // namespace
}  // namespace lorahub::workers
