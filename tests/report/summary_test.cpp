#include "report/summary.hpp"

#include <gtest/gtest.h>

#include "report/compare.hpp"
#include "report/made.hpp"

namespace lorahub::report {
namespace {

std::vector<double> values(const Condition& condition, const std::string& task) {
  std::vector<double> found;
  for (const Point& p : condition.tasks.at(task)) found.push_back(p.trial->row.accuracy);
  return found;
}

TEST(Summary, DrawsGroupByTaskAndShardsJoin) {
  const Summary s = summarise(
      {{.study = "s",
        .trials = {finding("lorahub", "a", 10, seeds(1)), finding("zero_shot", "a", 5)}},
       {.study = "s",
        .trials = {finding("lorahub", "a", 30, seeds(2)), finding("lorahub", "b", 50, seeds(1))}}});
  ASSERT_EQ(s.conditions.size(), 2U);
  EXPECT_EQ(s.conditions[0].name, "lorahub");  // seeds are draws, not conditions
  EXPECT_EQ(values(s.conditions[0], "a"), (std::vector<double>{10, 30}));
  EXPECT_DOUBLE_EQ(s.conditions[0].accuracy.value, 35);  // (20 + 50) / 2: tasks weigh the same
  EXPECT_EQ(s.tasks, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(s.done, 4U);
}

TEST(Summary, OtherVariedKnobsMakeConditions) {
  const Summary s =
      summary_of({finding("lorahub", "a", 1, {{"modules", "5"}}),
                  finding("lorahub", "a", 2, {{"modules", "10"}}), finding("zero_shot", "a", 0)});
  ASSERT_EQ(s.conditions.size(), 3U);
  EXPECT_EQ(s.conditions[0].name, "lorahub modules=5");
  EXPECT_EQ(s.conditions[1].name, "lorahub modules=10");
  EXPECT_EQ(s.conditions[2].name, "zero_shot");
  EXPECT_EQ(name_without(s, s.conditions[1], "modules"), "lorahub");
}

// A knob that is read only where it is not at its default: two values, of which one is no text.
TEST(Summary, AnUnreadDefaultIsAValueAsWell) {
  for (const std::string name : {"search.stop", "search.time", "labels", "loss.held_out"}) {
    const Summary s = summary_of(
        {finding("lorahub", "a", 1, {{name, ""}}), finding("lorahub", "a", 2, {{name, "0.003"}})});
    ASSERT_EQ(s.conditions.size(), 2U) << name;
    EXPECT_EQ(s.conditions[0].name, "lorahub");
  }
  const Summary two = summary_of(
      {finding("gradient", "a", 1, {{"train.smoothing", ""}, {"train.descent", ""}}),
       finding("gradient", "a", 2, {{"train.smoothing", ""}, {"train.descent", "bfgs"}}),
       finding("gradient", "a", 3, {{"train.smoothing", "0.1"}, {"train.descent", "bfgs"}})});
  ASSERT_EQ(two.conditions.size(), 3U);
  EXPECT_EQ(two.conditions[1].name, "gradient bfgs");
  EXPECT_EQ(two.conditions[2].name, "gradient bfgs smoothing=0.1");
}

TEST(Summary, ListsOfRowsAreDraws) {
  const Summary s = summary_of({finding("lorahub", "a", 1, {{"shots", "[1,2]"}}),
                                finding("lorahub", "a", 3, {{"shots", "[3,4]"}})});
  ASSERT_EQ(s.conditions.size(), 1U);
  EXPECT_EQ(s.conditions[0].tasks.at("a")[0].draw, (FactorLevels{0, 1, 0}));
  EXPECT_EQ(s.conditions[0].tasks.at("a")[1].draw, (FactorLevels{0, 2, 0}));
}

TEST(Summary, WhatIsNotDoneIsListedWithItsReasonAndLeftOut) {
  store::Finding failed = finding("lorahub", "b", 99, seeds(3));
  failed.row.status = "failed";
  failed.failure = "no such file";
  const Summary s = summary_of({finding("lorahub", "a", 1), failed});
  EXPECT_EQ(s.done, 1U);
  ASSERT_EQ(s.unfinished.size(), 1U);
  EXPECT_EQ(s.unfinished[0], "b lorahub seed 3: failed (no such file)");
  EXPECT_FALSE(s.conditions[0].tasks.contains("b"));
  failed.row.knobs["seed.shots"] = "4";
  EXPECT_EQ(summary_of({failed}).unfinished[0], "b lorahub seed 3/4/3: failed (no such file)");
}

TEST(Summary, ATrialInTwoFilesCountsOnceAndTheFinishedOneWins) {
  const store::Finding done = finding("lorahub", "a", 10);
  store::Finding missing = done;
  missing.row.status = "missing";
  const Summary s = summarise({{.trials = {missing}}, {.trials = {done}}, {.trials = {done}}});
  EXPECT_EQ(s.done, 1U);
  EXPECT_TRUE(s.unfinished.empty());
  EXPECT_EQ(values(s.conditions[0], "a"), std::vector<double>{10});
}

TEST(Summary, AMeanOverFewerTasksSaysSo) {
  const Summary s = summary_of(
      {finding("icl", "a", 1), finding("icl", "b", 2), finding("lorahub", "b", 3, seeds(1))});
  EXPECT_EQ(s.conditions[0].name, "icl");
  EXPECT_EQ(s.conditions[1].name, "lorahub (1 of 2 tasks)");
}

TEST(Compare, TheBaseModelGoesWithEveryDraw) {
  const Summary s =
      summary_of({finding("lorahub", "a", 10, seeds(1)), finding("lorahub", "a", 30, seeds(2)),
                  finding("lorahub", "b", 7, seeds(1)), finding("zero_shot", "a", 5)});
  const auto found = compare({{&s.conditions[0], &s.conditions[1]}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].pairs, 2U);  // task b has no zero_shot
  EXPECT_EQ(found[0].by_task, std::vector<double>{15});
  EXPECT_DOUBLE_EQ(found[0].difference.value, 15);
  EXPECT_DOUBLE_EQ(found[0].difference.low, 5);
  EXPECT_DOUBLE_EQ(found[0].improvement.value, 1);
}

TEST(Compare, PairsByTheDrawsThatBothRead) {
  const auto crossed = [](const std::string& modules, const std::string& shots) {
    return Knobs{{"seed.modules", modules}, {"seed.shots", shots}};
  };
  const Summary s = summary_of({finding("best_single", "a", 1, crossed("1", "1")),
                                finding("best_single", "a", 2, crossed("2", "1")),
                                finding("best_single", "a", 4, crossed("1", "2")),
                                finding("icl", "a", 100, {{"seed.shots", "1"}}),
                                finding("icl", "a", 200, {{"seed.shots", "3"}})});
  const Pairing pairing = pair_up(s.conditions[0], s.conditions[1]);
  ASSERT_EQ(pairing.pairs.size(), 1U);
  EXPECT_EQ(pairing.pairs[0].size(), 2U);  // both draws of modules on shots 1; nothing on 2 and 3
  const auto strata = differences(pairing, accuracy);
  EXPECT_EQ(strata[0].values, (std::vector<double>{-99, -98}));
  EXPECT_NE(strata[0].levels[0][0], strata[0].levels[1][0]);
}

TEST(Compare, ControlIsOfTheSamePrecisionAndTheNearestSearch) {
  const Summary s =
      summary_of({finding("zero_shot", "a", 1, {{"precision", "f32"}}),
                  finding("zero_shot", "a", 2, {{"precision", "bf16"}}),
                  finding("random_lora", "a", 3, {{"precision", "bf16"}, {"search.budget", "40"}}),
                  finding("random_lora", "a", 4, {{"precision", "bf16"}, {"search.budget", "400"}}),
                  finding("lorahub", "a", 22, {{"precision", "bf16"}, {"search.budget", "400"}})});
  const Condition& lorahub = s.conditions[4];
  EXPECT_EQ(control(s, lorahub, "zero_shot"), &s.conditions[1]);
  EXPECT_EQ(control(s, lorahub, "random_lora"), &s.conditions[3]);
  EXPECT_EQ(control(s, lorahub, "icl"), nullptr);
}

TEST(Compare, HolmIsOverTheComparisonsMadeTogether) {
  std::vector<store::Finding> trials;
  for (int t = 0; t < 6; ++t) {
    const std::string task(1, static_cast<char>('a' + t));
    trials.push_back(finding("zero_shot", task, 0));
    trials.push_back(finding("lorahub", task, 10 + t));
    trials.push_back(finding("uniform", task, 1));
  }
  const Summary s = summary_of(trials);
  const auto found =
      compare({{&s.conditions[1], &s.conditions[0]}, {&s.conditions[1], &s.conditions[2]}});
  EXPECT_DOUBLE_EQ(found[0].test.p, 2.0 / 64);
  EXPECT_DOUBLE_EQ(found[0].p_holm, 4.0 / 64);
}

}  // namespace
}  // namespace lorahub::report
