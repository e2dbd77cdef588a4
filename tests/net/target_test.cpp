#include "net/target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorahub::net {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Target, IsDecodedOnce) {
  const auto target = parse_target("/a%20b/c%2525?x=1%262&y=p+q&x=3&z");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a b/c%25");
  EXPECT_THAT(target->query, ElementsAre(Pair("x", "3"), Pair("y", "p q"), Pair("z", "")));
  EXPECT_EQ(parse_target("/")->path, "/");
  EXPECT_EQ(parse_target("/a/")->path, "/a");
}

// The addresses by which other servers' files were read (CVE-2023-51449, -6977, 2024-1483, -3848).
TEST(Target, RefusesWhatCouldLeaveAFolder) {
  for (const char* text :
       {"", "a", "http://x/a", "/a/../b", "/a/./b", "/..", "/%2e%2e/etc", "/a%2fb", "/a%2Fb",
        "/a%5cb", "/a\\b", "/a%00b", "/a%0ab", "/a%7fb", "/%", "/%2", "/%zz", "/a?x=%4"})
    EXPECT_FALSE(parse_target(text)) << text;
}

}  // namespace
}  // namespace lorahub::net
