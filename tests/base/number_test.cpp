#include "base/number.hpp"

#include <gtest/gtest.h>

namespace lorahub::base {
namespace {

TEST(Number, IsTheWholeTextOrNone) {
  EXPECT_EQ(number<int>("-12"), -12);
  EXPECT_EQ(number<double>("1e-3"), 0.001);
  EXPECT_EQ(number<unsigned>("007"), 7U);
  for (const char* text : {"", " 1", "1 ", "1x", "+1", "x", "1,5"}) {
    EXPECT_EQ(number<int>(text), std::nullopt) << text;
    EXPECT_EQ(number<double>(text), std::nullopt) << text;
  }
}

TEST(Number, OfAnotherRangeOrKindIsNone) {
  EXPECT_EQ(number<int>("2147483648"), std::nullopt);
  EXPECT_EQ(number<size_t>("-1"), std::nullopt);
  EXPECT_EQ(number<int>("1.0"), std::nullopt);
  EXPECT_EQ(number<double>("1e999"), std::nullopt);
}

}  // namespace
}  // namespace lorahub::base
