#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.hpp"
#include "study/knobs.hpp"

namespace lorahub::study {
namespace {

using ::testing::HasSubstr;

TEST(KnobText, IsOfOneKnobOrOfAGroup) {
  EXPECT_EQ(knob_text("search.budget"),
            "search.budget\n"
            "  means    evaluations allowed\n"
            "  takes    a whole number from 1 to 1000000\n"
            "  unit     1\n"
            "  default  40\n"
            "  read by  lorahub, random_lora\n");
  const std::string group = knob_text("penalty");
  EXPECT_TRUE(group.starts_with("penalty.kind\n")) << group;
  EXPECT_THAT(group, HasSubstr("\n\npenalty.weight\n"));
  EXPECT_THAT(knob_text("seed"), HasSubstr("\nseed.shots\n"));
}

TEST(KnobText, NamesTheNearestOfAnUnknownOne) {
  try {
    knob_text("budgett");
    FAIL() << "an unknown knob has a text";
  } catch (const base::Error& error) {
    EXPECT_STREQ(error.what(),
                 "unknown knob 'budgett' (lorahub knobs lists them), did you mean "
                 "'search.budget'?");
  }
}

}  // namespace
}  // namespace lorahub::study
