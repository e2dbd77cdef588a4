#include "store/check_plan.hpp"

#include <gtest/gtest.h>

namespace lorahub::store {
namespace {

Environment start(const std::string& shard, const std::string& trials) {
  return {{"shard", shard}, {"trials", trials}};
}

TEST(PlanProblem, OfOneRunCountsTheLastStartAlone) {
  EXPECT_EQ(plan_problem(5, {start("1-of-1", "5")}), "");
  EXPECT_EQ(plan_problem(5, {start("1-of-1", "9"), start("1-of-1", "5")}), "");
  for (const size_t planned : {0U, 4U, 6U, 14U})
    EXPECT_EQ(plan_problem(planned, {start("1-of-1", "9"), start("1-of-1", "5")}),
              "/runs has " + std::to_string(planned) +
                  " planned trial(s), its last start planned 5 (/headers)");
}

TEST(PlanProblem, OfShardsTakesOneShardOrAllOfThem) {
  const std::vector<Environment> both{start("1-of-2", "7"), start("1-of-2", "3"),
                                      start("2-of-2", "2")};
  EXPECT_EQ(plan_problem(2, both), "") << "the shard's own file, with results of the other";
  EXPECT_EQ(plan_problem(5, both), "") << "merged";
  for (const size_t planned : {3U, 4U, 6U, 9U}) EXPECT_NE(plan_problem(planned, both), "");
  const std::vector<Environment> of_three{start("1-of-3", "3"), start("3-of-3", "2")};
  for (const size_t planned : {2U, 6U, 8U}) EXPECT_EQ(plan_problem(planned, of_three), "");
  for (const size_t planned : {1U, 3U, 5U}) EXPECT_NE(plan_problem(planned, of_three), "");
}

TEST(PlanProblem, OfOneRunAfterShardsCountsTheRun) {
  const std::vector<Environment> all{start("1-of-2", "3"), start("2-of-2", "2"),
                                     start("1-of-1", "6")};
  EXPECT_EQ(plan_problem(6, all), "");
  EXPECT_NE(plan_problem(5, all), "");
}

TEST(PlanProblem, IsNotSaidOfFilesThatDoNotTellTheirPlan) {
  EXPECT_EQ(plan_problem(5, {}), "");
  EXPECT_EQ(plan_problem(5, {{}}), "");
  EXPECT_EQ(plan_problem(5, {{{"trials", "4"}}}), "") << "an older version: of which shard?";
  EXPECT_EQ(plan_problem(5, {start("1-of-1", "many")}), "");
}

}  // namespace
}  // namespace lorahub::store
