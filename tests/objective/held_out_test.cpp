#include "objective/held_out.hpp"

#include <gmock/gmock.h>

namespace lorahub::objective {
namespace {

using study::LossKind;
using testing::DoubleEq;
using testing::ElementsAre;

// Four shots and three candidates.
const std::vector<int> kTokensOfFour = {2, 1, 5, 4};
const search::Sums kSumsOfFour{.examples = 4, .values = {2, 3, 7, 4, 1, 2, 3, 5, 8, 1, 6, 2}};
const search::Population kThree{.dim = 1, .weights = {0.5, 1, -1}};

search::Losses token_means(const HeldOut& held_out) {
  return reduce(kSumsOfFour, kTokensOfFour, kThree,
                {.kind = LossKind::token_mean, .penalty = {.kind = study::PenaltyKind::none}},
                held_out);
}

// Runs 0, 1 and 2 have a candidate each, and do not see shots 0, 1 and 2.
TEST(HeldOut, EachRunIsToldTheLossOfTheOtherShots) {
  EXPECT_THAT(
      token_means({.shots = 1, .population = 1}),
      ElementsAre(DoubleEq((3.0 + 7 + 4) / (1 + 5 + 4)), DoubleEq((1.0 + 3 + 5) / (2 + 5 + 4)),
                  DoubleEq((8.0 + 1 + 2) / (2 + 1 + 4))));
}

TEST(HeldOut, CandidatesOfARunSeeTheSameShotsAlsoInAShortGeneration) {
  EXPECT_THAT(token_means({.shots = 1, .population = 2}),
              ElementsAre(DoubleEq((3.0 + 7 + 4) / 10), DoubleEq((2.0 + 3 + 5) / 10),
                          DoubleEq((8.0 + 6 + 2) / (2 + 5 + 4))));
}

// Three of four: run 0 sees shot 3 alone, run 1, which leaves out 3, 0 and 1, shot 2, run 2 shot 1.
TEST(HeldOut, SeveralShotsAreCountedRoundTheEnd) {
  EXPECT_THAT(token_means({.shots = 3, .population = 1}),
              ElementsAre(DoubleEq(4.0 / 4), DoubleEq(3.0 / 5), DoubleEq(1.0 / 1)));
}

TEST(HeldOut, TheOfficialLossDividesByTheShotsSeenAndAddsThePenalty) {
  const search::Losses got = reduce(kSumsOfFour, kTokensOfFour, kThree,
                                    {.penalty = {.weight = 0.1}}, {.shots = 1, .population = 3});
  EXPECT_DOUBLE_EQ(got[0], 14.0 / 10 / 3 + 0.1 * 0.5);
}

// Columns 4 to 7 are the errors of the answers: run 0 does not see that of shot 0, either.
TEST(HeldOut, AnswersOfTheShotLeftOutAreNotRead) {
  const search::Sums both{.examples = 8, .values = {2, 3, 7, 4, 1, 0, 0, 0}};
  const search::Losses got =
      reduce(both, kTokensOfFour, {.dim = 1, .weights = {0}},
             {.kind = LossKind::accuracy, .penalty = {.kind = study::PenaltyKind::none}},
             {.shots = 1, .population = 1});
  const double loss = 14.0 / 10 / 3;
  EXPECT_DOUBLE_EQ(got[0], loss / (1 + loss) / 3);
}

}  // namespace
}  // namespace lorahub::objective
