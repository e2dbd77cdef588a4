#include "search/smoothing_points.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "search/bfgs.hpp"
#include "search/minimize.hpp"

namespace lorahub::search {
namespace {

// 0.5 (3 x^2 + 2 x y + 5 y^2) + x, and its gradient.
Evaluation bowl(std::span<const double> w) {
  const double x = w[0], y = w[1];
  Evaluation found({0.5 * (3 * x * x + 2 * x * y + 5 * y * y) + x});
  found.gradient = {3 * x + y + 1, x + 5 * y};
  return found;
}

Evaluation smoothed(const SmoothingPoints& smoothing, std::span<const double> weights) {
  const Population points = smoothing.around(weights);
  std::vector<Evaluation> found;
  for (int p = 0; p < points.size(); ++p) found.push_back(bowl(points.row(p)));
  return mean(found);
}

// Mirror images cancel in the gradient of a quadratic, and raise its loss by a constant.
TEST(SmoothingPoints, KeepTheGradientOfAQuadratic) {
  const SmoothingPoints smoothing(0.2, 3, 2, 7);
  const std::vector<double> here{0.4, -0.3}, there{-1, 0.5};
  const Evaluation a = smoothed(smoothing, here), b = smoothed(smoothing, there);
  for (size_t i = 0; i < 2; ++i) EXPECT_NEAR(a.gradient[i], bowl(here).gradient[i], 1e-14);
  EXPECT_GT(a.losses[0], bowl(here).losses[0]);
  EXPECT_NEAR(a.losses[0] - bowl(here).losses[0], b.losses[0] - bowl(there).losses[0], 1e-14);
}

// The loss is raised by half the trace of the Hessian times the variance: 0.5 (3 + 5) 0.04.
TEST(SmoothingPoints, HaveTheDeviationThatWasAskedFor) {
  const std::vector<double> here{0.4, -0.3};
  const double raised =
      smoothed(SmoothingPoints(0.2, 40'000, 2, 7), here).losses[0] - bowl(here).losses[0];
  EXPECT_NEAR(raised, 0.16, 0.003);
}

TEST(SmoothingPoints, AreDrawnByTheSeedOnceForAllSteps) {
  const std::vector<double> here{0.4, -0.3}, there{0.5, -0.3};
  const SmoothingPoints smoothing(0.1, 2, 2, 7);
  const Population a = smoothing.around(here), b = smoothing.around(there);
  ASSERT_EQ(a.size(), 4);
  for (int p = 0; p < 4; ++p) {
    EXPECT_NEAR(a.row(p)[0] + 0.1, b.row(p)[0], 1e-15);
    EXPECT_EQ(a.row(p)[1], b.row(p)[1]);
  }
  EXPECT_EQ(a.weights, SmoothingPoints(0.1, 2, 2, 7).around(here).weights);
  EXPECT_NE(a.weights, SmoothingPoints(0.1, 2, 2, 8).around(here).weights);
}

TEST(SmoothingPoints, WithoutADeviationAreTheWeights) {
  const std::vector<double> here{0.4, -0.3};
  EXPECT_EQ(SmoothingPoints(0, 2, 2, 7).around(here).weights, here);
}

TEST(SmoothingPoints, OneWithoutALossLeavesNone) {
  Evaluation missing({std::numeric_limits<double>::infinity()});
  missing.faults.push_back({.candidate = 0, .cause = "it overflowed"});
  const std::vector<Evaluation> points{bowl(std::vector<double>{0, 0}), missing};
  const Evaluation found = mean(points);
  EXPECT_EQ(found.losses[0], std::numeric_limits<double>::infinity());
  EXPECT_TRUE(found.gradient.empty());
  ASSERT_EQ(found.faults.size(), 1U);
  EXPECT_EQ(found.faults[0].cause, "it overflowed");
}

// A narrow well beside a wide one: the mean over a neighbourhood leaves the narrow one.
TEST(SmoothingPoints, LeadBfgsOutOfASharpMinimum) {
  const auto well = [](double x) {
    const double sharp = (x - 0.1) / 0.03, wide = (x + 0.6) / 0.5;
    Evaluation found({-std::exp(-sharp * sharp) - 0.9 * std::exp(-wide * wide)});
    found.gradient = {2 * sharp / 0.03 * std::exp(-sharp * sharp) +
                      1.8 * wide / 0.5 * std::exp(-wide * wide)};
    return found;
  };
  const auto ends = [&](double deviation) {
    const SmoothingPoints smoothing(deviation, 20, 1, 7);
    Bfgs bfgs({0.12}, 1.5);
    return minimize(bfgs,
                    [&](const Population& one) {
                      const Population points = smoothing.around(one.row(0));
                      std::vector<Evaluation> found;
                      for (int p = 0; p < points.size(); ++p)
                        found.push_back(well(points.row(p)[0]));
                      return mean(found);
                    },
                    40, {})
        .best[0];
  };
  EXPECT_NEAR(ends(0), 0.1, 0.02);
  EXPECT_NEAR(ends(0.15), -0.6, 0.1);
}

}  // namespace
}  // namespace lorahub::search
