#include "report/statistics/aggregate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "report/golden.hpp"

namespace lorahub::report {
namespace {

TEST(Aggregate, ClosedForms) {
  EXPECT_DOUBLE_EQ(mean({1, 2, 6}), 3);
  EXPECT_DOUBLE_EQ(standard_deviation({1, 2, 6}), std::sqrt(7.0));
  EXPECT_DOUBLE_EQ(standard_deviation({5}), 0);
  EXPECT_DOUBLE_EQ(normalised(60, 20), 0.5);
  EXPECT_DOUBLE_EQ(normalised(10, 20), -0.125);
  EXPECT_TRUE(std::isnan(normalised(100, 100)));
  EXPECT_DOUBLE_EQ(standard_error(50, 100), 5);
  EXPECT_DOUBLE_EQ(standard_error(100, 100), 0);
}

TEST(Aggregate, AsSciPyAndNumPy) {
  for (const auto& c : golden("scores")) {
    const std::vector<double> v = numbers(c["values"]);
    EXPECT_NEAR(iqm(v), c["iqm"].get<double>(), 1e-14);
    EXPECT_NEAR(optimality_gap(v), c["gap"].get<double>(), 1e-14);
    if (v.size() > 1) {
      EXPECT_NEAR(standard_deviation(v), c["sd"].get<double>(), 1e-14);
    }
    const double shares[] = {0, 0.1, 0.25, 0.5, 0.9, 1};
    for (size_t i = 0; i < 6; ++i)
      EXPECT_NEAR(quantile(v, shares[i]), c["quantiles"][i].get<double>(), 1e-14);
  }
}

TEST(Aggregate, QuantilesOfInfinitiesAreNoNaN) {
  EXPECT_EQ(median({1, INFINITY, INFINITY}), INFINITY);
  EXPECT_EQ(quantile({INFINITY, INFINITY}, 0.3), INFINITY);
}

}  // namespace
}  // namespace lorahub::report
