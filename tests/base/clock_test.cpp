#include "base/clock.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace lorahub::base {
namespace {

TEST(Clock, durations_are_said_in_the_two_largest_units) {
  EXPECT_EQ(duration(45), "45 s");
  EXPECT_EQ(duration(200), "3 min 20 s");
  EXPECT_EQ(duration(2 * 3600 + 5 * 60), "2 h 5 min");
}

TEST(Clock, dates_are_in_utc) {
  EXPECT_TRUE(
      std::regex_match(utc_now(), std::regex(R"(20\d\d-[01]\d-[0-3]\dT[0-2]\d(:[0-5]\d){2}Z)")));
}

TEST(Clock, processor_time_grows_by_work) {
  const double process = process_seconds(), thread = thread_seconds();
  volatile double sum = 0;
  while (thread_seconds() - thread < 0.01) sum = sum + 1;
  EXPECT_GE(process_seconds() - process, 0.009);
}

}  // namespace
}  // namespace lorahub::base
