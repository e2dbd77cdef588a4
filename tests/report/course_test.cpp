#include "report/course.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "report/made.hpp"
#include "report/sections/targets.hpp"

namespace lorahub::report {
namespace {

// Generations of two candidates, five examples.
store::Finding searched(const std::string& method, std::vector<double> losses) {
  store::Finding f = finding("lorahub", "a", 0, {{"search.method", method}});
  for (size_t i = 0; i < losses.size(); ++i) f.generations.push_back(static_cast<int>(i / 2));
  f.row.counts.evaluations = static_cast<long>(losses.size());
  f.row.counts.example_forwards = 5 * f.row.counts.evaluations;
  f.losses = std::move(losses);
  return f;
}

TEST(Course, ThreeCurrencies) {
  const auto trial = searched("cma", {3, NAN, 4, 1, 2});
  EXPECT_EQ(course(trial, Currency::evaluations).cost, (std::vector<double>{1, 2, 3, 4, 5}));
  EXPECT_EQ(course(trial, Currency::rounds).cost, (std::vector<double>{1, 1, 2, 2, 3}));
  EXPECT_EQ(course(trial, Currency::forwards).cost, (std::vector<double>{5, 10, 15, 20, 25}));
  EXPECT_EQ(course(trial, Currency::rounds).best, (std::vector<double>{3, 3, 3, 1, 1}));
}

TEST(Course, ProbesComeFirst) {
  auto trial = searched("cma", {3, 4, 1, 2});
  trial.row.counts = {.evaluations = 7, .probes = 3, .rounds = 3, .example_forwards = 35};
  EXPECT_EQ(course(trial, Currency::evaluations).cost, (std::vector<double>{4, 5, 6, 7}));
  EXPECT_EQ(course(trial, Currency::rounds).cost, (std::vector<double>{2, 2, 3, 3}));
  EXPECT_EQ(course(trial, Currency::forwards).cost, (std::vector<double>{20, 25, 30, 35}));
}

TEST(Course, BestWithinABudgetAndCostOfATarget) {
  const Course c = course(searched("cma", {3, NAN, 4, 1, 2}), Currency::forwards);
  EXPECT_TRUE(std::isnan(best_within(c, 4)));
  EXPECT_EQ(best_within(c, 19), 3);
  EXPECT_EQ(best_within(c, 20), 1);
  EXPECT_EQ(best_within(c, 1e9), 1);
  EXPECT_EQ(cost_of(c, 3), 5);
  EXPECT_EQ(cost_of(c, 2.5), 20);
  EXPECT_EQ(cost_of(c, 0.5), INFINITY);
}

TEST(Course, LogarithmicGrid) {
  EXPECT_EQ(logarithmic_grid(1, 5), std::vector<double>{1});
  EXPECT_EQ(logarithmic_grid(100, 2), (std::vector<double>{1, 10, 100}));
}

// One problem: starts at 4 and 3 (the higher one counts), best known 0. Targets 4 - 4 k / 20.
TEST(Targets, ReachedAndExpectedCost) {
  const Summary s = summary_of({searched("cma", {4, 2, 2, 0}), searched("official", {3, 1})});
  const auto found = reached({&s.conditions[0], &s.conditions[1]}, Currency::evaluations);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].costs[0][0], 2);          // 3.8
  EXPECT_EQ(found[0].costs[0][9], 2);          // 2
  EXPECT_EQ(found[0].costs[0][10], 4);         // 1.8
  EXPECT_EQ(found[1].costs[0][4], 1);          // 3
  EXPECT_EQ(found[1].costs[0][14], 2);         // 1
  EXPECT_EQ(found[1].costs[0][15], INFINITY);  // 0.8
  EXPECT_EQ(expected_cost(found[0], 19), 4);   // 0
  EXPECT_EQ(expected_cost(found[1], 19), INFINITY);
}

TEST(Targets, ExpectedCostCountsWhatFailuresSpent) {
  Reached r{.costs = {{3}, {INFINITY}, {5}}, .spent = {10, 40, 10}};
  EXPECT_DOUBLE_EQ(expected_cost(r, 0), (3 + 40 + 5) / 2.0);
}

}  // namespace
}  // namespace lorahub::report
