#include "plan/makespan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "plan/cost.hpp"

namespace lorahub::plan {
namespace {

SearchWork work(int rounds, int requests, int batches) {
  return {.rounds = std::vector<int>(static_cast<size_t>(rounds), requests),
          .request_cost = 1,
          .batches = batches,
          .batch_cost = 2};
}

TEST(Makespan, OneRankDoesAllOneAfterTheOther) {
  const Prediction p = predict({work(3, 4, 5), work(0, 0, 1)}, {.ranks = 1, .groups = 1});
  EXPECT_NEAR(p.seconds, 12 + 10 + 2, 0.01);
  EXPECT_NEAR(p.utilisation, 1, 0.001);
}

TEST(Makespan, ARoundWaitsForItsLastUnit) {
  const Prediction p = predict({work(3, 4, 6)}, {.ranks = 3, .groups = 1});
  EXPECT_NEAR(p.seconds, 3 * 2 + 4, 0.01);  // 4 requests on 3 ranks: two steps; 6 batches: two
  EXPECT_NEAR(p.utilisation, (12.0 + 12) / (3 * 10), 0.001);
}

TEST(Makespan, RanksOfAnEndedGroupHelpTheOther) {
  const std::vector<SearchWork> trials{work(20, 4, 0), work(2, 4, 0)};
  // Three ranks for the long one, of two steps a round; after 8 the short one's joins: one step.
  EXPECT_NEAR(predict(trials, {.ranks = 4, .groups = 2}).seconds, 8 + 16, 0.1);
}

// Greedy, the costliest first, whole trials on single ranks: the share of the time spent computing.
double whole_trials(const std::vector<SearchWork>& trials, int ranks) {
  std::vector<double> costs;
  for (const SearchWork& w : trials) costs.push_back(size_of(w).cost);
  std::ranges::sort(costs, std::greater());
  std::vector<double> load(static_cast<size_t>(ranks), 0);
  for (const double cost : costs) *std::ranges::min_element(load) += cost;
  return std::accumulate(costs.begin(), costs.end(), 0.0) /
         (ranks * *std::ranges::max_element(load));
}

// The 135 searches of the paper's study, costed at flan-t5-large's shape, at 10 GFLOP/s a rank.
TEST(Makespan, TheBbhStudyKeepsManyRanksBusy) {
  ::setenv("LORAHUB_CONFIGS", SOURCE_DIR "/configs", 1);
  const study::Study study = study::load(SOURCE_DIR "/experiments/official_bbh.yaml",
                                         {{"method", "lorahub"}, {"search.method", "cma"}});
  ASSERT_EQ(study.trials.size(), 135U);
  std::vector<SearchWork> trials;
  for (const Cost& cost : cost(study.trials, {}).trials) trials.push_back(scaled(cost.work, 100));
  EXPECT_GE(best_prediction(trials, 64).utilisation, 0.90);
  EXPECT_GE(best_prediction(trials, 128).utilisation, 0.75);
  EXPECT_LT(whole_trials(trials, 64), 0.85);
  EXPECT_LT(whole_trials(trials, 128), 0.5);
  double before = 1e300;
  for (const int ranks : {1, 4, 16, 64, 256, 1024}) {
    const Prediction p = best_prediction(trials, ranks);
    EXPECT_LT(p.seconds, before) << ranks;
    EXPECT_LE(p.utilisation, 1.0001);
    std::printf("%4d ranks, %3d groups: %5.1f %% busy, whole trials %5.1f %%\n", ranks, p.groups,
                100 * p.utilisation, 100 * whole_trials(trials, ranks));
    before = p.seconds;
  }
}

// What is multiplied in int8 is predicted to take half; the answers stay f32's.
TEST(Plan, ASearchByDeltaEvaluationTakesHalfTheTime) {
  ::setenv("LORAHUB_CONFIGS", SOURCE_DIR "/configs", 1);
  const auto planned = [](const char* precision) {
    const study::Study study = study::load(SOURCE_DIR "/experiments/quickstart.yaml",
                                           {{"method", "lorahub"}, {"precision", precision}});
    return cost(study.trials, {.flops_per_second = 1e9}).trials.front();
  };
  const Cost exact = planned("f32"), delta = planned("delta-int8");
  EXPECT_EQ(delta.tflop, exact.tflop);
  EXPECT_EQ(delta.work.batch_cost, exact.work.batch_cost);
  EXPECT_EQ(delta.work.request_cost, exact.work.request_cost / 2);
}

}  // namespace
}  // namespace lorahub::plan
