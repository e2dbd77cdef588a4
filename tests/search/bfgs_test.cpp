#include "search/bfgs.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace lorahub::search {
namespace {

using Point = std::vector<double>;

struct Value {
  double loss = 0;
  Point gradient;
};
using Slope = std::function<Value(const Point&)>;

// The sum of scale_i (x_i - target_i)^2 / 2, with scales from 1 to 1,000.
Value bowl(const Point& x) {
  Value value{.gradient = Point(x.size())};
  for (size_t i = 0; i < x.size(); ++i) {
    const double scale = std::pow(1000, static_cast<double>(i) / static_cast<double>(x.size() - 1));
    const double away = x[i] - (i % 2 == 0 ? 0.5 : -0.25);
    value.loss += scale * away * away / 2;
    value.gradient[i] = scale * away;
  }
  return value;
}

Value rosenbrock_slope(const Point& x) {
  const double a = 1 - x[0], b = x[1] - x[0] * x[0];
  return {.loss = a * a + 100 * b * b, .gradient = {-2 * a - 400 * x[0] * b, 200 * b}};
}

double distance(const Point& a, const Point& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

void tell(Bfgs& bfgs, double loss, Point gradient) {
  Evaluation found(Losses{loss});
  found.gradient = std::move(gradient);
  bfgs.tell(found);
}

double least(Bfgs& bfgs, const Slope& slope, int steps) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < steps; ++i) {
    const Value value = slope(bfgs.ask().weights);
    best = std::min(best, value.loss);
    tell(bfgs, value.loss, value.gradient);
  }
  return best;
}

TEST(Bfgs, FindsTheMinimumOfAnIllConditionedBowl) {
  Bfgs bfgs(Point(20, 0.1), 1.5);
  const double begin = bowl(Point(20, 0.1)).loss;
  EXPECT_LT(least(bfgs, bowl, 120), 1e-12 * begin);
}

TEST(Bfgs, FollowsACurvedValley) {
  Bfgs bfgs({-1.2, 1}, 1.5);
  EXPECT_LT(least(bfgs, rosenbrock_slope, 120), 1e-9);
}

TEST(Bfgs, NoStepIsLongerThanTheFirst) {
  Bfgs bfgs(Point(20, 0.1), 1.5);
  Point best = bfgs.ask().weights;
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 60; ++i) {
    const Point here = bfgs.ask().weights;
    EXPECT_LT(distance(here, best), 0.3 + 1e-12) << i;
    const Value value = bowl(here);
    if (value.loss < least) {
      least = value.loss;
      best = here;
    }
    tell(bfgs, value.loss, value.gradient);
    if (i == 0) {
      EXPECT_NEAR(distance(bfgs.ask().weights, best), 0.3, 1e-12);
    }
  }
}

TEST(Bfgs, StaysInTheBox) {
  Bfgs bfgs(Point(20, 0.1), 0.2);  // the minimum is outside
  for (int i = 0; i < 40; ++i) {
    for (const Population asked = bfgs.ask(); const double x : asked.weights)
      EXPECT_LE(std::abs(x), 0.2);
    const Value value = bowl(bfgs.ask().weights);
    tell(bfgs, value.loss, value.gradient);
  }
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(bfgs.ask().weights[i], i % 2 == 0 ? 0.2 : -0.2) << i;
}

TEST(Bfgs, AValueThatIsNoNumberMakesTheNextStepShorter) {
  Bfgs bfgs({0.1, 0.1}, 1.5);
  tell(bfgs, 1, Point{1, 0});
  EXPECT_NEAR(bfgs.ask().weights[0], -0.2, 1e-12);
  tell(bfgs, std::numeric_limits<double>::quiet_NaN(), Point{1, 0});
  EXPECT_NEAR(bfgs.ask().weights[0], 0.1 - 0.4 * 0.3, 1e-12);
  tell(bfgs, 0.5, Point{std::numeric_limits<double>::infinity(), 0});
  EXPECT_NEAR(bfgs.ask().weights[0], 0.1 - 0.16 * 0.3, 1e-12);
}

TEST(Bfgs, WithoutANumberAtTheStartItAsksThereAgain) {
  Bfgs bfgs({0.1, 0.2}, 1.5);
  tell(bfgs, std::numeric_limits<double>::quiet_NaN(), Point{1, 1});
  EXPECT_EQ(bfgs.ask().weights, (Point{0.1, 0.2}));
}

TEST(Bfgs, ALossWithoutAGradientMakesTheNextStepShorter) {
  Bfgs bfgs({0.1, 0.1}, 1.5);
  tell(bfgs, 1, {1, 0});
  tell(bfgs, 0.5, {});
  EXPECT_NEAR(bfgs.ask().weights[0], 0.1 - 0.4 * 0.3, 1e-12);
}

TEST(Bfgs, AFlatFunctionIsLeftAlone) {
  Bfgs bfgs({0.1, 0.2}, 1.5);
  tell(bfgs, 1, Point{0, 0});
  EXPECT_EQ(bfgs.ask().weights, (Point{0.1, 0.2}));
}

}  // namespace
}  // namespace lorahub::search
