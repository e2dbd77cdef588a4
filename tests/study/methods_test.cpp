#include "study/methods.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace lorahub::study {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> those(const std::function<bool(Method)>& holds) {
  std::vector<std::string> words;
  for (const MethodInfo& row : kMethods)
    if (holds(row.method)) words.emplace_back(row.word);
  return words;
}

TEST(Methods, WhatEachUses) {
  EXPECT_THAT(those(uses_modules), ElementsAre("lorahub", "best_single", "uniform", "random_lora",
                                               "gradient", "logo", "retriever"));
  EXPECT_THAT(those(uses_search), ElementsAre("lorahub", "random_lora"));
  EXPECT_THAT(those(measures_candidates), ElementsAre("lorahub", "best_single", "random_lora"));
  EXPECT_THAT(those(trains), ElementsAre("lora_tuning", "ia3", "full", "gradient"));
  EXPECT_THAT(those([](Method method) { return !uses_shots(method); }),
              ElementsAre("zero_shot", "uniform", "logo", "retriever"));
  EXPECT_THAT(those(weighs_inputs), ElementsAre("logo", "retriever"));
}

TEST(Methods, AreFoundByTheirWords) {
  for (const MethodInfo& row : kMethods) {
    EXPECT_EQ(find_method(row.word), &row);
    EXPECT_EQ(&info(row.method), &row);
  }
  EXPECT_EQ(find_method("lorahubb"), nullptr);
  EXPECT_EQ(find_method(""), nullptr);
}

TEST(Methods, ATrainingHasARateAndNothingElseHas) {
  for (const MethodInfo& row : kMethods)
    EXPECT_EQ(row.learning_rate > 0, trains(row.method)) << std::string_view(row.word);
  EXPECT_EQ(info(Method::lora_tuning).learning_rate, 1e-3);
  EXPECT_EQ(info(Method::ia3).learning_rate, 3e-3);
  EXPECT_EQ(info(Method::full).learning_rate, 3e-4);
  EXPECT_EQ(info(Method::gradient).learning_rate, 0.05);
}

// A search measures its candidates, on shots, and mixes modules.
TEST(Methods, RowsAgreeWithThemselves) {
  std::set<int> colours;
  for (const MethodInfo& row : kMethods) {
    const std::string_view word = row.word;
    EXPECT_LE(row.uses_search, row.measures_candidates && row.uses_modules) << word;
    EXPECT_LE(row.measures_candidates || trains(row.method), row.uses_shots) << word;
    const bool alone = row.colour == 0 || colours.insert(row.colour).second;
    EXPECT_TRUE(alone) << word;
  }
}

TEST(Methods, TheReportHasAMethodForEachRole) {
  std::set<ReportRole> roles;
  for (const MethodInfo& row : kMethods) roles.insert(row.role);
  for (int role = 0; role < static_cast<int>(ReportRole::other); ++role)
    EXPECT_TRUE(roles.contains(static_cast<ReportRole>(role))) << role;
}

}  // namespace
}  // namespace lorahub::study
