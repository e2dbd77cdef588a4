#include "report/roles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorahub::report {
namespace {

using study::ReportRole;
using ::testing::ElementsAre;

TEST(Roles, CompositionsAreHeldAgainstTheBaseFirst) {
  EXPECT_THAT(controls(), ElementsAre("zero_shot", "random_lora", "uniform", "logo", "retriever",
                                      "best_single", "icl", "lora_tuning", "ia3", "full"));
}

// Colours of figures that are kept must not move.
TEST(Roles, ColoursGoToCompositionsFirst) {
  EXPECT_THAT(coloured(),
              ElementsAre("lorahub", "gradient", "icl", "best_single", "random_lora", "lora_tuning",
                          "full", "ia3", "uniform", "logo", "retriever"));
}

TEST(Roles, WordsAndPhrases) {
  EXPECT_EQ(word_of(ReportRole::base), "zero_shot");
  EXPECT_EQ(word_of(ReportRole::examples_in_prompt), "icl");
  EXPECT_EQ(phrase_of(ReportRole::best_module), "the best single module");
  EXPECT_EQ(phrase_of(ReportRole::null_control), "the null control random_lora");
  EXPECT_EQ(phrase_of(ReportRole::base), "zero_shot");  // its word will do
  EXPECT_THAT(methods_of(ReportRole::composition), ElementsAre("lorahub", "gradient"));
}

TEST(Roles, OnlyOneCompositionSearches) {
  EXPECT_TRUE(is_searched_composition("lorahub"));
  for (const char* method : {"gradient", "random_lora", "icl", "of another program"})
    EXPECT_FALSE(is_searched_composition(method)) << method;
}

TEST(Roles, AMethodOfAnotherProgramIsHeldAgainstNothing) {
  EXPECT_EQ(role_of("of another program"), ReportRole::other);
  EXPECT_EQ(role_of(""), ReportRole::other);
}

}  // namespace
}  // namespace lorahub::report
