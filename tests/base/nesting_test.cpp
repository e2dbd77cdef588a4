#include "base/nesting.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lorahub::base {
namespace {

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(ShallowJson, IsTheTextUpToFiveHundredLevels) {
  const std::string most = "{\"a\": " + nested(499) + "}", more = "{\"a\": " + nested(500) + "}";
  EXPECT_EQ(shallow_json(most), most);
  EXPECT_EQ(shallow_json(more), "");
  EXPECT_EQ(shallow_json(std::string(501, '[')), "");
  EXPECT_EQ(shallow_json(""), "");
}

TEST(ShallowJson, BracketsInTextsAndSideBySideDoNotCount) {
  const std::string quoted = "[\"\\\"" + std::string(1000, '[') + "\\\\\"]";
  EXPECT_EQ(shallow_json(quoted), quoted);
  std::string beside = "[";
  for (int i = 0; i < 1000; ++i) beside += "[{}],";
  EXPECT_EQ(shallow_json(beside), beside);
  EXPECT_EQ(shallow_json("\"\\"), "\"\\");  // cut off inside a text
  EXPECT_EQ(shallow_json("]]]" + nested(3)), "]]]" + nested(3));
}

}  // namespace
}  // namespace lorahub::base
