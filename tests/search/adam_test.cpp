#include "search/adam.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace lorahub::search {
namespace {

Evaluation slope(std::vector<double> gradient) {
  Evaluation found(Losses{1});
  found.gradient = std::move(gradient);
  return found;
}

// torch.optim.Adam of torch 2.11 in float64 (lr 0.1, a factor of 1 - t / 5 by LambdaLR), on
// gradients (0.5, -2), (0.25, 1), (-1, 0.125), (0.5, 0.5): tests/golden/adam_golden.py.
TEST(Adam, StepsAsTorchDoes) {
  Adam adam({0.1, 0.2}, 1.5, {.rate = 0.1, .steps = 5});
  const std::vector<std::vector<double>> gradients{{0.5, -2}, {0.25, 1}, {-1, 0.125}, {0.5, 0.5}};
  const std::vector<std::vector<double>> points{{1.9999999711917127e-09, 0.2999999995},
                                                {-0.074574367218030138, 0.3213069625380548},
                                                {-0.062192945773260691, 0.33149920298198643},
                                                {-0.06530035989111023, 0.33185929514339169}};
  for (size_t t = 0; t < points.size(); ++t) {
    adam.tell(slope(gradients[t]));
    const Population asked = adam.ask();
    for (size_t i = 0; i < 2; ++i) EXPECT_NEAR(asked.weights[i], points[t][i], 1e-15) << t;
  }
}

TEST(Adam, StaysInTheBox) {
  Adam adam({0.1, 0.2}, 0.9, {.rate = 0.2, .steps = 100});
  for (int i = 0; i < 30; ++i) adam.tell(slope({-1, 1}));
  EXPECT_EQ(adam.ask().weights, (std::vector<double>{0.9, -0.9}));
}

TEST(Adam, ALossWithoutAGradientMovesNothing) {
  Adam adam({0.1, 0.2}, 0.9, {.rate = 0.2, .steps = 3});
  adam.tell(Losses{std::numeric_limits<double>::infinity()});
  EXPECT_EQ(adam.ask().weights, (std::vector<double>{0.1, 0.2}));
  adam.tell(slope({1, 0}));
  EXPECT_NEAR(adam.ask().weights[0], 0.1 - 0.2 * (1 - 1.0 / 3), 1e-6);
}

}  // namespace
}  // namespace lorahub::search
