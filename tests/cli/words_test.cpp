#include "cli/words.hpp"

#include <gtest/gtest.h>

namespace lorahub::cli {
namespace {

TEST(TwoNumbers, AreReadWholeOrNotAtAll) {
  EXPECT_EQ(two_numbers("2:5", ':'), std::pair(2, 5));
  EXPECT_EQ(two_numbers("0/999999999", '/'), std::pair(0, 999999999));
  for (const char* other :
       {"", ":", "2", "2:", ":5", "2/5", "2:5:7", "2:5x", " 2:5", "2: 5", "+2:5", "-2:5", "2:-5",
        "0x2:5", "2.0:5", "2:1000000000", "2:18446744073709551621"})
    EXPECT_EQ(two_numbers(other, ':'), std::nullopt) << other;
}

TEST(WrongSeconds, AreThoseThatNoTimeoutCanBe) {
  for (const char* good : {"1", "60", "0.1e2", "86400"}) EXPECT_EQ(wrong_seconds(good, 86'400), "");
  for (const char* other :
       {"", "0", "0.5", "-1", "nan", "-nan", "NaN", "inf", "1e999", "86401", "1 s", "0x10", "one"})
    EXPECT_EQ(wrong_seconds(other, 86'400),
              std::string(other) + " is no number of seconds from 1 to 86400");
}

}  // namespace
}  // namespace lorahub::cli
