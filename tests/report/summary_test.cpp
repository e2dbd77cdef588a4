#include "report/summary.hpp"

#include <gtest/gtest.h>

namespace lorahub::report {
namespace {

store::Row row(const std::string& method, const std::string& task, double accuracy,
               std::map<std::string, std::string> more = {}) {
  static int count = 0;
  store::Row r{.id = std::to_string(++count), .status = "done"};
  r.knobs = {{"method", method}, {"task", task}};
  r.knobs.merge(more);
  r.accuracy = accuracy;
  r.counts.evaluations = 40;
  r.timing.search = 1;
  return r;
}

store::Results results(std::vector<store::Row> rows) {
  return {.study = "s", .question = "q?", .rows = std::move(rows)};
}

TEST(Summary, DrawsGroupByTaskAndShardsJoin) {
  const Summary s = summarise(
      {results({row("lorahub", "a", 10, {{"seed.search", "1"}}), row("zero_shot", "a", 5)}),
       results({row("lorahub", "a", 30, {{"seed.search", "2"}}), row("lorahub", "b", 50)})});
  ASSERT_EQ(s.conditions.size(), 2U);
  const Condition& lorahub = s.conditions[0];
  EXPECT_EQ(lorahub.name, "lorahub");  // seeds are draws, not conditions
  EXPECT_EQ(lorahub.accuracy.at("a"), (std::vector<double>{10, 30}));
  EXPECT_DOUBLE_EQ(lorahub.pooled.value, 35);      // (20 + 50) / 2: tasks weigh the same
  EXPECT_DOUBLE_EQ(lorahub.difference.value, 15);  // on task a alone, which zero_shot has
  EXPECT_DOUBLE_EQ(lorahub.evaluations, 40);
  EXPECT_EQ(s.tasks, (std::vector<std::string>{"a", "b"}));
}

TEST(Summary, OtherVariedKnobsMakeConditions) {
  const Summary s =
      summarise({results({row("lorahub", "a", 1, {{"modules", "5"}}),
                          row("lorahub", "a", 2, {{"modules", "10"}}), row("zero_shot", "a", 0)})});
  ASSERT_EQ(s.conditions.size(), 3U);
  EXPECT_EQ(s.conditions[0].name, "lorahub modules=5");
  EXPECT_EQ(s.conditions[1].name, "lorahub modules=10");
  EXPECT_EQ(s.conditions[2].name, "zero_shot");
}

TEST(Summary, WhatIsNotDoneIsListedAndLeftOut) {
  store::Row failed = row("lorahub", "b", 99);
  failed.status = "failed";
  const Summary s = summarise({results({row("lorahub", "a", 1), failed})});
  EXPECT_EQ(s.done, 1U);
  ASSERT_EQ(s.unfinished.size(), 1U);
  EXPECT_NE(s.unfinished[0].find("b lorahub"), std::string::npos);
  EXPECT_FALSE(s.conditions[0].accuracy.contains("b"));
}

TEST(Summary, ATrialInTwoFilesCountsOnceAndTheFinishedOneWins) {
  const store::Row done = row("lorahub", "a", 10);
  store::Row missing = done;
  missing.status = "missing";
  const Summary s = summarise({results({missing}), results({done}), results({done})});
  EXPECT_EQ(s.done, 1U);
  EXPECT_TRUE(s.unfinished.empty());
  EXPECT_EQ(s.conditions[0].accuracy.at("a"), std::vector<double>{10});
}

TEST(Summary, ComparesWithTheZeroShotOfTheSamePrecision) {
  const Summary s = summarise({results({row("zero_shot", "a", 1, {{"precision", "f32"}}),
                                        row("zero_shot", "a", 2, {{"precision", "bf16"}}),
                                        row("lorahub", "a", 11, {{"precision", "f32"}}),
                                        row("lorahub", "a", 22, {{"precision", "bf16"}})})});
  ASSERT_EQ(s.conditions.size(), 4U);
  EXPECT_DOUBLE_EQ(s.conditions[2].difference.value, 10);
  EXPECT_DOUBLE_EQ(s.conditions[3].difference.value, 20);
}

}  // namespace
}  // namespace lorahub::report
