#include "base/json_names.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

namespace lorahub::base {
namespace {

using nlohmann::json;

std::optional<std::string> name_given_twice(const std::string& text) {
  JsonNames names;
  const json value = json::parse(text, std::ref(names));
  EXPECT_EQ(value, json::parse(text)) << "the names change nothing";
  return names.given_twice();
}

TEST(JsonNames, OneThatAnObjectHasTwiceIsFoundHoweverDeepAndHoweverWritten) {
  EXPECT_EQ(name_given_twice(R"({"a": 1, "b": 2, "a": 1})"), "a");
  EXPECT_EQ(name_given_twice(R"([{"x": [{"k": 1, "\u006b": {}}]}])"), "k");
  EXPECT_EQ(name_given_twice(R"({"": 1, "": 2})"), "");
  EXPECT_EQ(name_given_twice(R"({"a": {"b": 1, "b": 2}, "c": 1, "c": 2})"), "b");
}

TEST(JsonNames, TheSameNameInSeveralObjectsIsFine) {
  EXPECT_EQ(name_given_twice(R"({"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}], "A": "a"})"),
            std::nullopt);
  EXPECT_EQ(name_given_twice("[1, 1]"), std::nullopt);
}

TEST(JsonNames, WhatIsNoJsonIsRefusedByTheParserAsWithoutThem) {
  JsonNames names;
  EXPECT_TRUE(json::parse(R"({"a": 1, "a": )", std::ref(names), false).is_discarded());
  EXPECT_THROW(json::parse(R"({"a": 1e999})", std::ref(names)), json::out_of_range);
  EXPECT_THROW(json::parse("", std::ref(names)), json::parse_error);
}

}  // namespace
}  // namespace lorahub::base
