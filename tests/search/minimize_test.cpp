#include "search/minimize.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "functions.hpp"

namespace lorahub::search {
namespace {

// Asks for 1, 2, 3, ... in generations of three, and remembers what it was told.
class Counting final : public Optimizer {
 public:
  Population ask() override { return {.dim = 1, .weights = {next_, next_ + 1, next_ + 2}}; }
  void tell(const Evaluation& found) override {
    told.push_back(found.losses);
    next_ += 3;
  }
  std::vector<Losses> told;

 private:
  double next_ = 1;
};

Function from_table(std::vector<double> losses) {
  return [losses](std::span<const double> x) { return losses.at(static_cast<size_t>(x[0]) - 1); };
}

TEST(Minimize, SpendsTheBudgetExactlyAndDoesNotTellTheShortGeneration) {
  for (int budget = 1; budget <= 9; ++budget) {
    Counting optimizer;
    int evaluated = 0;
    const Trace trace = minimize(
        optimizer,
        [&](const Population& population) {
          evaluated += population.size();
          return each(sphere)(population);
        },
        budget);
    EXPECT_EQ(evaluated, budget);
    EXPECT_EQ(trace.evaluations(), budget);
    EXPECT_EQ(optimizer.told.size(), static_cast<size_t>(budget / 3));
    EXPECT_EQ(trace.generations.size(), static_cast<size_t>((budget + 2) / 3));
    // The short one holds its first candidates.
    EXPECT_EQ(trace.generations.back().population.weights.back(), budget);
    EXPECT_EQ(trace.generations.back().losses.back(), budget * budget);
  }
}

TEST(Minimize, TellsTheLossesOfTheGenerationInItsOrder) {
  Counting optimizer;
  minimize(optimizer, each(from_table({5, 3, 4, 9, 8, 7})), 6);
  EXPECT_THAT(optimizer.told, testing::ElementsAre(Losses{5, 3, 4}, Losses{9, 8, 7}));
}

TEST(Minimize, KeepsTheFirstOfTheLowest) {
  Counting optimizer;
  const Trace trace = minimize(optimizer, each(from_table({5, 3, 4, 3, 8, 7, 3})), 7);
  EXPECT_EQ(trace.best_loss, 3);
  EXPECT_THAT(trace.best, testing::ElementsAre(2));
}

TEST(Minimize, FindsTheBestInAShortGeneration) {
  Counting optimizer;
  const Trace trace = minimize(optimizer, each(from_table({5, 3, 4, 9, 1})), 5);
  EXPECT_EQ(trace.best_loss, 1);
  EXPECT_THAT(trace.best, testing::ElementsAre(5));
}

TEST(Minimize, NeverCallsNanTheBest) {
  Counting optimizer;
  const Trace trace = minimize(optimizer, each(from_table({kNan, kInf, 4, kNan, 5, -2})), 6);
  EXPECT_EQ(trace.best_loss, -2);
  EXPECT_THAT(trace.best, testing::ElementsAre(6));

  Counting hopeless;
  const Trace none = minimize(hopeless, each(from_table({kNan, kInf, kNan})), 3);
  EXPECT_EQ(none.best_loss, kInf);
  EXPECT_THAT(none.best, testing::ElementsAre(1));  // weights of the right length nevertheless
}

TEST(Minimize, ShowsEachGeneration) {
  Counting optimizer;
  std::vector<int> seen;
  std::vector<double> best;
  minimize(optimizer, each(from_table({5, 3, 4, 9, 8, 7, 1})), 7, [&](const Trace& trace) {
    seen.push_back(trace.evaluations());
    best.push_back(trace.best_loss);
  });
  EXPECT_THAT(seen, testing::ElementsAre(3, 6, 7));
  EXPECT_THAT(best, testing::ElementsAre(3, 3, 1));
}

TEST(Plus, AddsToEachLossInOrderAndAsksForNoneThatIsNotThere) {
  std::vector<double> asked;
  const Evaluate sum =
      plus(each(from_table({5, kInf, 4, kNan})), [&](std::span<const double> weights, double loss) {
        asked.push_back(weights[0]);
        return 10 * loss;
      });
  const Losses losses = sum({.dim = 1, .weights = {1, 2, 3, 4}}).losses;
  EXPECT_EQ(losses[0], 55);
  EXPECT_EQ(losses[1], kInf);
  EXPECT_EQ(losses[2], 44);
  EXPECT_TRUE(std::isnan(losses[3]));
  EXPECT_THAT(asked, testing::ElementsAre(1, 3));
}

TEST(Minimize, WithoutBudgetDoesNothing) {
  Counting optimizer;
  const Trace trace = minimize(optimizer, each(sphere), 0);
  EXPECT_TRUE(trace.generations.empty());
  EXPECT_TRUE(trace.best.empty());
}

}  // namespace
}  // namespace lorahub::search
