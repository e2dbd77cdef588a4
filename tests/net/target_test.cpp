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
  for (const char* text : {"",
                           "a",
                           "http://x/a",
                           "/a/../b",
                           "/a/./b",
                           "/..",
                           "/%2e%2e/etc",
                           "/a%2fb",
                           "/a%2Fb",
                           "/a%5cb",
                           "/a\\b",
                           "/a%00b",
                           "/a%0ab",
                           "/a%7fb",
                           "/%",
                           "/%2",
                           "/%zz",
                           "/a?x=%4",
                           "/a?x=%0d%0aSet-Cookie:1",
                           "/a?%00=1"})
    EXPECT_FALSE(parse_target(text)) << text;
}

TEST(Target, EscapesWhatItPutsIntoAQuery) {
  EXPECT_EQ(escaped_in_query("a b&c=\r\n\xc3\xa4-_9"), "a%20b%26c%3D%0D%0A%C3%A4-_9");
  EXPECT_EQ(parse_target("/?x=" + escaped_in_query("a+b&%"))->query.at("x"), "a+b&%");
}

}  // namespace
}  // namespace lorahub::net
