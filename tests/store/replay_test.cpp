#include "store/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "search/optimizer.hpp"
#include "study/choices.hpp"
#include "study/trial.hpp"

namespace lorahub::store {
namespace {

using testing::Optional;

constexpr int kDim = 6;
constexpr double kInf = std::numeric_limits<double>::infinity();

study::Trial trial_by(study::SearchMethod method) {
  study::Trial trial;
  trial.search = {.method = method, .population = 8, .sigma0 = 0.25, .mean0 = 0.1, .bound = 1.5};
  trial.seed.search = 7;
  return trial;
}

// A sum of squares around 0.3 that now and then is inf or NaN.
search::Losses losses(const search::Population& population) {
  search::Losses all;
  for (int p = 0; p < population.size(); ++p) {
    double sum = 0;
    for (const double x : population.row(p)) sum += (x - 0.3) * (x - 0.3);
    all.push_back(sum > 3 ? kInf : sum > 2.5 ? std::nan("") : sum);
  }
  return all;
}

search::Trace searched(study::SearchMethod method) {
  const auto optimizer = search::make_optimizer(trial_by(method).search, kDim, 7);
  return search::minimize(*optimizer, losses, 8 * 5 + 3);
}

class ReplayOf : public testing::TestWithParam<study::SearchMethod> {
 protected:
  study::Trial trial_ = trial_by(GetParam());
  search::Trace trace_ = searched(GetParam());
};

TEST_P(ReplayOf, ASearchAsItWas) { EXPECT_EQ(replay(trial_, trace_).departure, std::nullopt); }

TEST_P(ReplayOf, OneBitOfAWeight) {
  double& weight = trace_.generations[3].population.weights[0];
  weight = std::nextafter(weight, 2);
  EXPECT_THAT(replay(trial_, trace_).departure, Optional(3U));
}

TEST_P(ReplayOf, AMissingCandidate) {
  trace_.generations[1].population.weights.resize(trace_.generations[1].population.weights.size() -
                                                  kDim);
  trace_.generations[1].losses.pop_back();
  EXPECT_THAT(replay(trial_, trace_).departure, Optional(1U));
}

INSTANTIATE_TEST_SUITE_P(Store, ReplayOf,
                         testing::Values(study::SearchMethod::cma, study::SearchMethod::official,
                                         study::SearchMethod::random),
                         [](const auto& method) { return study::name(method.param); });

TEST(ReplayOfCma, ALossAndASeedMatter) {
  search::Trace trace = searched(study::SearchMethod::cma);
  study::Trial other = trial_by(study::SearchMethod::cma);
  other.seed.search = 8;
  EXPECT_THAT(replay(other, trace).departure, Optional(0U));
  trace.generations[2].losses[0] += 10;
  EXPECT_THAT(replay(trial_by(study::SearchMethod::cma), trace).departure, Optional(3U));
}

TEST(ReplayOfCma, SeveralRuns) {
  const auto optimizer =
      search::make_optimizer({.population = 8, .runs = 2, .bound = 1.5}, kDim, 7);
  const search::Trace trace = search::minimize(*optimizer, losses, 50);
  study::Trial two = trial_by(study::SearchMethod::cma);
  two.search.sigma0 = 0;
  two.search.runs = 2;
  EXPECT_EQ(replay(two, trace).departure, std::nullopt);
  two.search.runs = 1;
  EXPECT_THAT(replay(two, trace).departure, Optional(0U));
}

TEST(ReplayOfNothing, IsFine) {
  EXPECT_EQ(replay(trial_by(study::SearchMethod::cma), {}).departure, std::nullopt);
}

}  // namespace
}  // namespace lorahub::store
