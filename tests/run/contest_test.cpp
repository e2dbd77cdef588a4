#include "run/contest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorahub::run {
namespace {

using testing::HasSubstr;
using testing::Not;

Contest made() {
  Contest contest;
  contest.contestants = {
      {.name = "base", .loss = 1.5, .shots = {0, 0}, .test = {0, 0, 0, 0, 0, 0, 0, 1}},
      {.name = "best single module: x",
       .loss = 0.5,
       .shots = {1, 0},
       .test = {1, 1, 0, 0, 0, 0, 0, 0}},
      {.name = "mixture", .loss = 0.25, .shots = {1, 1}, .test = {1, 1, 1, 1, 1, 1, 1, 0}}};
  contest.answer = 2;
  return contest;
}

// Expected: scipy 1.17.1, binomtest(only_other, only_one + only_other).pvalue: 7 rows against 1, 5
// against none.
TEST(Contest, ComparesTheAnswerWithEachOfTheOthersRowByRow) {
  const Contest contest = made();
  EXPECT_NEAR(p_against_answer(contest, contest.contestants[0]), 0.0703125, 1e-12);
  EXPECT_NEAR(p_against_answer(contest, contest.contestants[1]), 0.0625, 1e-12);
  EXPECT_EQ(p_against_answer(contest, contest.contestants[2]), 1);
}

TEST(Contest, TheTableNamesTheAnswerAndWhatItsNumbersAre) {
  Contest contest = made();
  const std::string table = contest_table(contest);
  EXPECT_THAT(table, HasSubstr("mixture (the answer)"));
  EXPECT_THAT(table, HasSubstr("right of the 2 examples, %"));
  EXPECT_THAT(table, HasSubstr("right of 8 test rows, %"));
  EXPECT_THAT(table, HasSubstr("87.5 [52.9, 97.8]"));  // 7 of 8, Wilson's by scipy
  EXPECT_THAT(table, HasSubstr("0.070"));
  EXPECT_THAT(table, HasSubstr("without the penalty"));
  EXPECT_THAT(table, HasSubstr("chosen on the examples"));
  contest.answer = 1;
  EXPECT_THAT(contest_table(contest), HasSubstr("best single module: x (the answer)"));
}

TEST(Contest, TheBestModuleIsTheBestOfThoseThatWereTried) {
  Contest contest = made();
  contest.tried = contest.in_library = 40;
  EXPECT_THAT(contest_table(contest), Not(HasSubstr("tried")));
  contest.tried = 20;
  EXPECT_THAT(contest_table(contest), HasSubstr("the best of the 20 that were tried; the library "
                                                "has 40."));
}

TEST(Contest, ALossOtherThanCrossEntropyIsNamed) {
  Contest contest = made();
  EXPECT_THAT(contest_table(contest), HasSubstr("| loss on the examples |"));
  contest.loss_kind = study::LossKind::accuracy;
  EXPECT_THAT(contest_table(contest), HasSubstr("| loss (accuracy) on the examples |"));
}

TEST(Contest, WhatWasNotAnsweredHasNoColumn) {
  Contest contest = made();
  for (Contestant& one : contest.contestants) one.test.clear();
  EXPECT_THAT(contest_table(contest), Not(HasSubstr("p against")));
  EXPECT_THAT(contest_table(contest), HasSubstr("--test FILE"));
  for (Contestant& one : contest.contestants) one.shots.clear();
  EXPECT_THAT(contest_table(contest), Not(HasSubstr("examples, %")));
}

}  // namespace
}  // namespace lorahub::run
