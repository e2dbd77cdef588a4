#include "base/text.hpp"

#include <gtest/gtest.h>

namespace lorahub::base {
namespace {

TEST(Text, NearestIsTheSmallestEditDistance) {
  EXPECT_EQ(nearest("modles", {"model", "modules", "method"}), "modules");
  EXPECT_EQ(nearest("seach.budget", {"search.bound", "search.budget", "seed"}), "search.budget");
  EXPECT_EQ(nearest("x", {"ab", "cd"}), "ab");  // the first among equals
  EXPECT_EQ(nearest("x", {}), "");
}

TEST(Text, StripLowerSplit) {
  EXPECT_EQ(strip(" \t a b \n"), "a b");
  EXPECT_EQ(strip("   "), "");
  EXPECT_EQ(lower("A.b-Z"), "a.b-z");
  EXPECT_EQ(split("a,b,,c", ','), (std::vector<std::string>{"a", "b", "", "c"}));
  EXPECT_TRUE(split("", ',').empty());
}

}  // namespace
}  // namespace lorahub::base
