#include "base/json_names.hpp"

#include <gtest/gtest.h>

namespace lorahub::base {
namespace {

TEST(JsonNames, OneThatAnObjectHasTwiceIsFoundHoweverDeepAndHoweverWritten) {
  EXPECT_EQ(name_given_twice(R"({"a": 1, "b": 2, "a": 1})"), "a");
  EXPECT_EQ(name_given_twice(R"([{"x": [{"k": 1, "\u006b": {}}]}])"), "k");
  EXPECT_EQ(name_given_twice(R"({"": 1, "": 2})"), "");
  EXPECT_EQ(name_given_twice(R"({"a": {"b": 1, "b": 2}, "c": 1, "c": 2})"), "b");
}

TEST(JsonNames, TheSameNameInSeveralObjectsIsFine) {
  EXPECT_EQ(name_given_twice(R"({"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}], "A": "a"})"),
            std::nullopt);
  EXPECT_EQ(name_given_twice("[1, 1, -1, 1.5, true, null, \"a\", \"a\"]"), std::nullopt);
}

TEST(JsonNames, WhatIsNoJsonIsReadUpToThere) {
  EXPECT_EQ(name_given_twice(R"({"a": 1, "b": )"), std::nullopt);
  EXPECT_EQ(name_given_twice(R"({"a": 1e999, "a": 1})"), std::nullopt);
  EXPECT_EQ(name_given_twice(R"({"a": 1, "a": )"), "a");
  EXPECT_EQ(name_given_twice(""), std::nullopt);
}

// With a callback of nlohmann's parser 400,000 objects took 100 seconds.
TEST(JsonNames, AListOfManyObjectsIsReadOnce) {
  std::string text = "[{\"a\": 1}";
  for (int i = 0; i < 2'000'000; ++i) text += ",{\"a\": 1}";
  EXPECT_EQ(name_given_twice(text + ",{\"b\": 1, \"b\": 1}]"), "b");
}

}  // namespace
}  // namespace lorahub::base
