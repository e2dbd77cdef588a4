#include "search/side_by_side.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "functions.hpp"
#include "search/minimize.hpp"
#include "study/trial.hpp"

namespace lorahub::search {
namespace {

constexpr int kDim = 5, kPopulation = 6;

std::unique_ptr<Optimizer> optimizer(int runs, uint64_t seed = 4) {
  return make_optimizer({.population = kPopulation, .runs = runs}, kDim, seed);
}

// Rows [first, first + kPopulation) of each generation.
std::vector<std::vector<double>> course(const Trace& trace, int first) {
  std::vector<std::vector<double>> rows;
  for (const Generation& generation : trace.generations)
    for (int p = first; p < first + kPopulation; ++p) {
      const auto row = generation.population.row(p);
      rows.emplace_back(row.begin(), row.end());
    }
  return rows;
}

TEST(SideBySide, EachRunIsASearchOfItsOwn) {
  const auto together = optimizer(3);
  const Trace trace = minimize(*together, each(sphere), 3 * kPopulation * 10);
  ASSERT_EQ(trace.generations.size(), 10U);
  EXPECT_EQ(trace.generations[0].population.size(), 3 * kPopulation);
  EXPECT_NE(course(trace, 0), course(trace, kPopulation));
  EXPECT_NE(course(trace, kPopulation), course(trace, 2 * kPopulation));
  // What the others are told does not reach the first run.
  const auto fewer = optimizer(2);
  EXPECT_EQ(course(minimize(*fewer, each(sphere), 2 * kPopulation * 10), 0), course(trace, 0));
  for (int run = 0; run < 3; ++run) {  // each one learns
    const auto mean_of = [&](const Generation& g) {
      double sum = 0;
      for (int p = run * kPopulation; p < (run + 1) * kPopulation; ++p)
        sum += g.losses[static_cast<size_t>(p)];
      return sum;
    };
    EXPECT_LT(mean_of(trace.generations[9]), mean_of(trace.generations[0])) << run;
  }
}

TEST(SideBySide, OneRunIsTheSearchItself) {
  const auto one = optimizer(1);
  EXPECT_EQ(dynamic_cast<SideBySide*>(one.get()), nullptr);
}

TEST(SideBySide, ThoseThatCannotAreOne) {
  for (const auto method : {study::SearchMethod::official, study::SearchMethod::random})
    EXPECT_EQ(resolved({.method = method, .runs = 4}, kDim).runs, 1);
  EXPECT_EQ(generation_size({.population = 7, .runs = 4}, kDim), 28);
}

}  // namespace
}  // namespace lorahub::search
