#include "store/same_inputs.hpp"

#include <gmock/gmock.h>

#include "base/sha256.hpp"

namespace lorahub::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Knobs = std::map<std::string, std::string>;

const std::string kOld = base::sha256("old"), kNew = base::sha256("new");
const Knobs kTrial{{"model", "mini"}, {"library", "lib"}, {"rank", "0"},
                   {"task", "E1"},    {"shots", "5"},     {"seed.shots", "1"}};

Knobs with(const std::string& knob, const std::string& value) {
  Knobs knobs = kTrial;
  knobs[knob] = value;
  return knobs;
}

TEST(SameInputs, OneNameWithTwoHashesIsNamedWithBothPlaces) {
  for (const char* name :
       {"model", "module a", "card a", "spiece.model", "shots", "test", "pool file", "test file"}) {
    SameInputs seen;
    EXPECT_EQ(seen.add({{name, kOld}}, kTrial, "journal-1-of-2.ndj"), "");
    EXPECT_EQ(seen.add({{name, kOld}}, kTrial, "journal-2-of-2.ndj"), "");
    EXPECT_THAT(seen.add({{name, kNew}}, with("seed.search", "2"), "the files now"),
                AllOf(HasSubstr(name), HasSubstr(kOld.substr(0, 12) + " in journal-1-of-2.ndj"),
                      HasSubstr(kNew.substr(0, 12) + " in the files now")));
  }
}

TEST(SameInputs, WhatAnotherKnobNamesIsAnotherInput) {
  const auto other = [](const char* name, const std::string& knob, const std::string& value) {
    SameInputs seen;
    seen.add({{name, kOld}}, kTrial, "a");
    return seen.add({{name, kNew}}, with(knob, value), "b");
  };
  EXPECT_EQ(other("model", "model", "large"), "");
  EXPECT_EQ(other("module a", "library", "other"), "");
  EXPECT_EQ(other("module a", "rank", "4"), "");
  EXPECT_EQ(other("shots", "seed.shots", "2"), "");
  EXPECT_EQ(other("test", "task", "E2"), "");
  EXPECT_EQ(other("test file", "task", "E2"), "");
  EXPECT_NE(other("test file", "seed.shots", "2"), "") << "which is the same file";
  EXPECT_NE(other("module a", "task", "E2"), "");
}

}  // namespace
}  // namespace lorahub::store
