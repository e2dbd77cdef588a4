#include "base/home.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace lorahub::base {
namespace {

class Home : public testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("XDG_CACHE_HOME");
    ::setenv("HOME", "/home/ada", 1);
  }
};

TEST_F(Home, StandsForATilde) {
  EXPECT_EQ(with_home("~/x"), "/home/ada/x");
  EXPECT_EQ(with_home("~"), "/home/ada");
  EXPECT_EQ(with_home("~other/x"), "~other/x");
  EXPECT_EQ(with_home("a/~/x"), "a/~/x");
}

TEST_F(Home, CachesLieInItOrWhereTheUserSays) {
  EXPECT_EQ(cache_home(), "/home/ada/.cache");
  ::setenv("XDG_CACHE_HOME", "~/elsewhere", 1);
  EXPECT_EQ(cache_home(), "/home/ada/elsewhere");
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(cache_home(), "/home/ada/.cache") << "the XDG specification ignores it";
}

TEST_F(Home, WithoutOneNothingIsMadeInTheCurrentFolder) {
  for (const char* home : {"", "relative", ".", static_cast<const char*>(nullptr)}) {
    home == nullptr ? ::unsetenv("HOME") : ::setenv("HOME", home, 1);
    EXPECT_TRUE(cache_home().is_absolute());
    EXPECT_TRUE(with_home("~/x").is_absolute());
  }
}

}  // namespace
}  // namespace lorahub::base
