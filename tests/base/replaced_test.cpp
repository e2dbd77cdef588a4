#include "base/replaced.hpp"

#include <gtest/gtest.h>

namespace lorahub::base {
namespace {

TEST(Replaced, GoesFromLeftToRightAndNotOverWhatItPutThere) {
  EXPECT_EQ(replaced("a_b__", "_", "_<wbr>"), "a_<wbr>b_<wbr>_<wbr>");
  EXPECT_EQ(replaced("aaa", "aa", "b"), "ba");
  EXPECT_EQ(replaced("abab", "ab", ""), "");
  EXPECT_EQ(replaced("x", "ab", "y"), "x");
  EXPECT_EQ(replaced("", "ab", "y"), "");
}

}  // namespace
}  // namespace lorahub::base
