#include "run/rank/own_trials.hpp"

#include <gtest/gtest.h>

#include "study/study.hpp"

namespace lorahub::run {
namespace {

study::Trial trial_with_seed(uint64_t seed, const std::string& place) {
  study::Trial trial;
  trial.model = "mini";
  trial.task = "E1";
  trial.seed.search = seed;
  trial.model_path = place + "/model";
  trial.library_path = place + "/library";
  trial.task_files = {.pool = place + "/pool", .test = place + "/test"};
  return trial;
}

TEST(OwnTrials, GiveTheirPathsToTheTrialOfTheSameKnobs) {
  const OwnTrials own({trial_with_seed(1, "/here"), trial_with_seed(2, "/here")});
  EXPECT_EQ(own.with_own_paths(trial_with_seed(2, "/there")), trial_with_seed(2, "/here"));
  EXPECT_EQ(own.with_own_paths(trial_with_seed(3, "/there")), trial_with_seed(3, "/there"));
}

TEST(OwnTrials, AreComparedByPlaceAndKnobs) {
  const OwnTrials own({trial_with_seed(1, "/here"), trial_with_seed(2, "/here")});
  EXPECT_EQ(own.other_than(trial_with_seed(1, "/there"), 0), nullptr);
  ASSERT_NE(own.other_than(trial_with_seed(1, "/there"), 1), nullptr);
  EXPECT_EQ(own.other_than(trial_with_seed(1, "/there"), 1)->seed.search, 2U);
  EXPECT_TRUE(own.differ_in_number(3));
  EXPECT_FALSE(own.differ_in_number(2));
}

TEST(OwnTrials, MayBeNone) {
  const OwnTrials none({});
  EXPECT_FALSE(none.differ_in_number(7));
  EXPECT_EQ(none.other_than(trial_with_seed(1, "/there"), 0), nullptr);
  EXPECT_EQ(none.with_own_paths(trial_with_seed(1, "/there")), trial_with_seed(1, "/there"));
}

}  // namespace
}  // namespace lorahub::run
