#include "base/json_names.hpp"

#include <gtest/gtest.h>

namespace lorahub::base {
namespace {

TEST(JsonNames, OneThatAnObjectHasTwiceIsFoundHoweverDeepAndHoweverWritten) {
  EXPECT_EQ(name_given_twice(R"({"a": 1, "b": 2, "a": 1})"), "a");
  EXPECT_EQ(name_given_twice(R"([{"x": [{"k": 1, "\u006b": {}}]}])"), "k");
  EXPECT_EQ(name_given_twice(R"({"": 1, "": 2})"), "");
}

TEST(JsonNames, TheSameNameInSeveralObjectsIsFine) {
  EXPECT_EQ(name_given_twice(R"({"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}], "A": "a"})"),
            std::nullopt);
  EXPECT_EQ(name_given_twice("[1, 1]"), std::nullopt);
}

TEST(JsonNames, WhatIsNoJsonHasNone) {
  EXPECT_EQ(name_given_twice(R"({"a": 1, "a": )"), std::nullopt);
  EXPECT_EQ(name_given_twice(std::string(100'000, '[')), std::nullopt);
}

}  // namespace
}  // namespace lorahub::base
