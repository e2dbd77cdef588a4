#include "search/optimizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/check.hpp"
#include "functions.hpp"
#include "search/minimize.hpp"
#include "study/trial.hpp"

namespace lorahub::search {
namespace {

using study::Search;
using study::SearchMethod;

constexpr SearchMethod kAll[] = {SearchMethod::cma, SearchMethod::official, SearchMethod::random};

TEST(Resolved, FillsInTheDefaultsOfCma) {
  const Search at20 = resolved({.method = SearchMethod::cma}, 20);
  EXPECT_EQ(at20.population, 12);
  EXPECT_NEAR(at20.sigma0, 0.2, 1e-12);
  EXPECT_EQ(at20.mean0, 0.1);
  const Search at47 = resolved({.method = SearchMethod::cma}, 47);
  EXPECT_EQ(at47.population, 15);
  EXPECT_NEAR(at47.sigma0, 0.1, 1e-12);
  EXPECT_EQ(resolved({.method = SearchMethod::cma}, 1).population, 4);
  EXPECT_EQ(resolved({.method = SearchMethod::cma}, 1).sigma0, 0.5);
  EXPECT_EQ(resolved({.method = SearchMethod::cma, .bound = 0.6}, 2).sigma0, 0.6 / 3);
}

TEST(Resolved, FillsInTheDefaultsOfTheOthers) {
  const Search official = resolved({.method = SearchMethod::official}, 20);
  EXPECT_EQ(official.population, 1);
  EXPECT_EQ(official.sigma0, 0.5);
  EXPECT_EQ(resolved({.method = SearchMethod::official, .population = 12}, 20).population, 1);
  EXPECT_NEAR(resolved({.method = SearchMethod::official, .bound = 3}, 20).sigma0, 1, 1e-15);
  EXPECT_EQ(resolved({.method = SearchMethod::random}, 20).population, 10);
}

TEST(Resolved, KeepsWhatIsGivenAndIsAFixedPoint) {
  const Search given{.method = SearchMethod::cma, .population = 7, .sigma0 = 0.33, .mean0 = -0.2};
  const Search kept = resolved(given, 20);
  EXPECT_EQ(kept.population, 7);
  EXPECT_EQ(kept.sigma0, 0.33);
  EXPECT_EQ(kept.mean0, -0.2);
  for (SearchMethod method : kAll) {
    const Search once = resolved({.method = method}, 33), twice = resolved(once, 33);
    EXPECT_EQ(once.population, twice.population);
    EXPECT_EQ(once.sigma0, twice.sigma0);
  }
}

void expect_refused(const Search& search, const std::string& knob) {
  try {
    resolved(search, 5);
    ADD_FAILURE() << "accepted a bad " << knob;
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(knob));
  }
}

TEST(Resolved, RefusesWhatNoSearchCanUse) {
  expect_refused({.method = SearchMethod::cma, .population = 1}, "search.population");
  expect_refused({.method = SearchMethod::random, .population = -1}, "search.population");
  expect_refused({.method = SearchMethod::cma, .sigma0 = -0.1}, "search.sigma0");
  expect_refused({.method = SearchMethod::official, .sigma0 = NAN}, "search.sigma0");
  expect_refused({.method = SearchMethod::cma, .mean0 = 1.6}, "search.mean0");
  expect_refused({.method = SearchMethod::official, .bound = 0}, "search.bound");
  EXPECT_NO_THROW(resolved({.method = SearchMethod::official, .mean0 = 1.6}, 5));  // not used
}

class EveryMethod : public testing::TestWithParam<SearchMethod> {};

TEST_P(EveryMethod, StaysInTheBoxAndKeepsTheBudgetAtEverySize) {
  for (int dim : {1, 2, 5, 47})
    for (int population : {0, 2, 3, 9, 40}) {
      const Search search{.method = GetParam(), .population = population, .bound = 0.4};
      const std::unique_ptr<Optimizer> optimizer = make_optimizer(search, dim, 5);
      const Trace trace = minimize(*optimizer, each(rosenbrock), 97);
      EXPECT_EQ(trace.evaluations(), 97);
      EXPECT_EQ(trace.best.size(), static_cast<size_t>(dim));
      for (const Generation& generation : trace.generations)
        EXPECT_THAT(generation.population.weights,
                    testing::Each(testing::AllOf(testing::Ge(-0.4), testing::Le(0.4))));
      if (population > 0 && GetParam() != SearchMethod::official) {
        EXPECT_EQ(trace.generations[0].population.size(), population);
      }
    }
}

TEST_P(EveryMethod, IsReplayedFromItsLosses) {
  const Search search{.method = GetParam()};
  const std::unique_ptr<Optimizer> first = make_optimizer(search, 9, 3);
  const Trace trace = minimize(*first, each(ellipsoid), 400);
  const std::unique_ptr<Optimizer> again = make_optimizer(search, 9, 3);
  for (const Generation& generation : trace.generations) {
    const Population asked = again->ask();
    for (size_t i = 0; i < generation.population.weights.size(); ++i)  // the last one is cut short
      ASSERT_EQ(asked.weights[i], generation.population.weights[i]);
    if (asked.size() == generation.population.size()) again->tell(generation.losses);
  }
  EXPECT_EQ(again->ask().weights, first->ask().weights);
}

TEST_P(EveryMethod, FindsBetterWeightsThanZero) {
  const std::vector<double> centre{0.6, -0.4, 0.9, 0.1, -0.7};
  const Function distance = [&](std::span<const double> x) {
    double sum = 0;
    for (size_t i = 0; i < x.size(); ++i) sum += std::pow(x[i] - centre[i], 2);
    return sum;
  };
  const std::unique_ptr<Optimizer> optimizer = make_optimizer({.method = GetParam()}, 5, 11);
  const Trace trace = minimize(*optimizer, each(distance), 600);
  EXPECT_LT(trace.best_loss, GetParam() == SearchMethod::random ? 0.5 : 1e-3);  // from 1.83
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod, testing::ValuesIn(kAll));

TEST(MakeOptimizer, SeedsCmaAndRandomButNotTheOfficialOne) {
  for (SearchMethod method : kAll) {
    const auto first = make_optimizer({.method = method}, 4, 1)->ask();
    const auto second = make_optimizer({.method = method}, 4, 2)->ask();
    EXPECT_EQ(first.weights == second.weights, method == SearchMethod::official);
  }
}

TEST(MakeOptimizer, StartsCmaAtItsMean) {
  const Search search{.method = SearchMethod::cma, .population = 4000, .mean0 = 0.3};
  const Population population = make_optimizer(search, 20, 1)->ask();
  double sum = 0, squares = 0;
  for (double w : population.weights) sum += w, squares += std::pow(w - 0.3, 2);
  const double count = 80000;  // standard error of the mean: 0.2 / sqrt(count) = 0.0007
  EXPECT_NEAR(sum / count, 0.3, 0.003);
  EXPECT_NEAR(std::sqrt(squares / count), 0.2, 0.003);
}

}  // namespace
}  // namespace lorahub::search
