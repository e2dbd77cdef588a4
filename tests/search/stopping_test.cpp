#include "search/stopping.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <thread>

#include "functions.hpp"
#include "search/cma.hpp"
#include "search/optimizer.hpp"
#include "study/trial.hpp"

namespace lorahub::search {
namespace {

Trace with_least(const std::vector<double>& least) {
  Trace trace;
  for (const double loss : least)
    trace.generations.push_back(
        {.population = {.dim = 1, .weights = {0, 0}}, .losses = {loss + 5, loss}, .faults = {}});
  return trace;
}

TEST(Stopping, TenGenerationsTellWhetherLossesAreFlat) {
  EXPECT_FALSE(is_flat(with_least({}), 1));
  EXPECT_FALSE(is_flat(with_least(std::vector<double>(9, 1.0)), 1));
  EXPECT_TRUE(is_flat(with_least(std::vector<double>(10, 1.0)), 1e-9));
  // The eleventh from the end does not count; the tenth does.
  EXPECT_TRUE(is_flat(with_least({9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.5}), 0.6));
  EXPECT_FALSE(is_flat(with_least({1.5, 1, 1, 1, 1, 1, 1, 1, 1, 1}), 0.5)) << "closer, not equal";
}

TEST(Stopping, AGenerationWithoutALossIsNotFlat) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(is_flat(with_least(std::vector<double>(10, inf)), 1));
  std::vector<double> one(10, 1.0);
  one[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(is_flat(with_least(one), 1));
}

Trace searched(const study::Search& search, const Evaluate& evaluate,
               study::LossKind loss = study::LossKind::official) {
  const auto optimizer = make_optimizer(search, 3, 1);
  const study::Trial trial{.loss = loss, .search = search};
  return minimize(*optimizer, evaluate, search.budget, {}, stopping(trial));
}

TEST(Stopping, ASearchEndsWhereItIsFlatAndIsThatWithoutTheRuleUntilThen) {
  study::Search search{.population = 10, .budget = 2000};
  const Trace whole = searched(search, each(sphere));
  EXPECT_EQ(whole.evaluations(), 2000) << "nothing but the budget ends it";
  search.stop = 1e-6;
  const Trace ended = searched(search, each(sphere));
  ASSERT_LT(ended.evaluations(), 1000);
  EXPECT_TRUE(is_flat(ended, 1e-6));
  for (size_t g = 0; g < ended.generations.size(); ++g)
    EXPECT_EQ(ended.generations[g].losses, whole.generations[g].losses);
  Trace before = ended;
  before.generations.pop_back();
  EXPECT_FALSE(is_flat(before, 1e-6)) << "and it ends with the first generation that is flat";
}

// They may stay the same for long while the search goes on.
TEST(Stopping, SharesOfRightAnswersAndLossesOfAProgramAreNotFlat) {
  const study::Search search{.population = 10, .budget = 300, .stop = 1000};
  for (const auto loss :
       {study::LossKind::accuracy, study::LossKind::similarity, study::LossKind::ask})
    EXPECT_EQ(searched(search, each(sphere), loss).evaluations(), 300);
  EXPECT_EQ(searched(search, each(sphere), study::LossKind::token_mean).evaluations(), 100);
}

TEST(Stopping, TheOfficialSearchEndsByItsBudgetAlone) {
  const study::Search search{.method = study::SearchMethod::official, .budget = 60, .stop = 1000};
  EXPECT_EQ(searched(search, each(sphere)).evaluations(), 60);
}

TEST(Stopping, NoGenerationBeginsAfterTheTime) {
  using namespace std::chrono_literals;
  const study::Search search{.population = 10, .budget = 1'000'000, .time = 0.02};
  const auto slow = [](const Population& population) {
    std::this_thread::sleep_for(25ms);
    return each(sphere)(population);
  };
  EXPECT_EQ(searched(search, slow).evaluations(), 10);
}

}  // namespace
}  // namespace lorahub::search
