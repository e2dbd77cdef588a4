#include "search/recommend.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "functions.hpp"
#include "search/cma.hpp"
#include "study/trial.hpp"

namespace lorahub::search {
namespace {

Generation generation(std::vector<double> x, Losses losses) {
  return {.population = {.dim = 1, .weights = std::move(x)}, .losses = std::move(losses)};
}

// Of four candidates two are parents, their weights ln(2.5) - ln(i) before they sum to 1 (48).
double of_four(double first, double second) {
  const double a = std::log(2.5), b = std::log(2.5) - std::log(2.0);
  return (a * first + b * second) / (a + b);
}

TEST(Recombined, IsTheBetterHalfWeightedByRank) {
  EXPECT_NEAR(recombined(generation({1, 2, 3, 4}, {9, 1, 8, 0}))[0], of_four(4, 2), 1e-15);
}

TEST(Recombined, WhatIsNoNumberRanksLastAndEqualsByTheirOrder) {
  EXPECT_NEAR(recombined(generation({1, 2, 3, 4}, {kNan, 5, kInf, 5}))[0], of_four(2, 4), 1e-15);
  EXPECT_NEAR(recombined(generation({1, 2, 3, 4}, {kNan, kInf, 7, kInf}))[0], of_four(3, 1), 1e-15)
      << "NaN counts as inf, then the order decides";
}

TEST(RecommendedMean, IsWhereCmaEsStands) {
  const int dim = 7, population = 12;
  Cma cma(
      {.mean = std::vector<double>(dim, 0.5), .sigma = 0.3, .population = population, .bound = 1},
      base::Stream(3, "search"));
  const Trace trace =
      minimize(cma, each(sphere), 30 * population + 5);  // the last one is cut short
  const std::vector<double> mean = recommended_mean(trace, 1, population);
  for (int n = 0; n < dim; ++n)
    EXPECT_NEAR(mean[static_cast<size_t>(n)], cma.state().mean[n], 1e-14);
  EXPECT_NE(mean, trace.best);
}

TEST(RecommendedMean, SkipsAShortGeneration) {
  Trace trace;
  trace.generations = {generation({1, 2, 3, 4}, {4, 3, 2, 1}), generation({50, 60}, {0, 0})};
  EXPECT_NEAR(recommended_mean(trace, 1, 4)[0], of_four(4, 3), 1e-15);
}

TEST(RecommendedMean, OfSeveralRunsIsTheMeanOfTheirs) {
  Trace trace;
  trace.generations = {generation({1, 2, 3, 4, 10, 20, 30, 40}, {4, 3, 2, 1, 0, 1, 2, 3}),
                       generation({9, 9, 9}, {0, 0, 0})};
  EXPECT_NEAR(recommended_mean(trace, 2, 8)[0], (of_four(4, 3) + of_four(10, 20)) / 2, 1e-14);
}

TEST(RecommendedMean, OfLessThanAGenerationOfRunsIsThatOfAll) {
  Trace trace;
  trace.generations = {generation({1, 2, 3, 4}, {4, 3, 2, 1})};
  EXPECT_NEAR(recommended_mean(trace, 3, 12)[0], of_four(4, 3), 1e-15);
  EXPECT_NEAR(recommended_mean(trace, 2, 6)[0], of_four(4, 3), 1e-15);  // 3 and 1, not 2 and 2
}

TEST(Recommended, TheMeanIsForCmaEsAlone) {
  Trace trace;
  trace.generations = {generation({1, 2, 3, 4}, {4, 3, 2, 1})};
  trace.best = {4};
  study::Search search{.method = study::SearchMethod::cma, .population = 4};
  EXPECT_THAT(recommended(trace, search), testing::ElementsAre(4));
  search.recommend = study::Recommend::mean;
  EXPECT_NEAR(recommended(trace, search)[0], of_four(4, 3), 1e-15);
  search.method = study::SearchMethod::random;
  EXPECT_THAT(recommended(trace, search), testing::ElementsAre(4));
}

TEST(RecommendedMean, OfOneCandidateIsThatCandidate) {
  Trace trace;
  trace.generations = {generation({3}, {1})};
  EXPECT_THAT(recommended_mean(trace, 1, 1), testing::ElementsAre(3));
}

}  // namespace
}  // namespace lorahub::search
