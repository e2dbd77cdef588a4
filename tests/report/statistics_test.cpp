#include "report/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.hpp"

namespace lorahub::report {
namespace {

TEST(Statistics, ClosedForms) {
  EXPECT_DOUBLE_EQ(mean({1, 2, 6}), 3);
  EXPECT_DOUBLE_EQ(standard_deviation({1, 2, 6}), std::sqrt(7.0));
  EXPECT_DOUBLE_EQ(standard_deviation({5}), 0);
}

TEST(Bootstrap, NoSpreadNoInterval) {
  const Interval i = stratified_bootstrap({{40, 40, 40}, {60, 60}});
  EXPECT_NEAR(i.mean, 50, 1e-12);
  EXPECT_NEAR(i.low, 50, 1e-12);
  EXPECT_NEAR(i.high, 50, 1e-12);
}

TEST(Bootstrap,
     ResamplesWithinStrataOnly) {  // tasks that differ widely must not widen the interval
  const Interval i = stratified_bootstrap({{0, 0, 0, 0}, {100, 100, 100, 100}});
  EXPECT_NEAR(i.high - i.low, 0, 1e-12);
}

TEST(Bootstrap, TwoValuesOfOneStratum) {  // resamples: 0 (1/4), 5 (1/2), 10 (1/4)
  const Interval i = stratified_bootstrap({{0, 10}});
  EXPECT_DOUBLE_EQ(i.mean, 5);
  EXPECT_DOUBLE_EQ(i.low, 0);
  EXPECT_DOUBLE_EQ(i.high, 10);
}

TEST(Bootstrap, WidthOfANormalMean) {  // n = 400, sd 1: the 95 % interval of the mean is +-1.96/20
  base::Stream random(5, "test");
  std::vector<double> values(400);
  for (double& v : values) v = random.normal();
  const Interval i = stratified_bootstrap({values});
  EXPECT_NEAR(i.high - i.low, 2 * 1.96 * standard_deviation(values) / 20, 0.015);
  EXPECT_LT(i.low, i.mean);
  EXPECT_GT(i.high, i.mean);
}

}  // namespace
}  // namespace lorahub::report
