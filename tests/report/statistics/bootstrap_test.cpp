#include "report/statistics/bootstrap.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <cmath>

#include "base/random.hpp"
#include "report/golden.hpp"
#include "report/statistics/aggregate.hpp"

namespace lorahub::report {
namespace {

Interval interval(const std::vector<Stratum>& strata, Scheme scheme = Scheme::within_tasks) {
  return bootstrap(strata, mean_of_means, {.scheme = scheme});
}

TEST(Bootstrap, NoSpreadNoInterval) {
  const Interval i = interval({independent({40, 40, 40}), independent({60, 60})});
  EXPECT_NEAR(i.value, 50, 1e-12);
  EXPECT_NEAR(i.low, 50, 1e-12);
  EXPECT_NEAR(i.high, 50, 1e-12);
}

TEST(Bootstrap, TasksThatDifferDoNotWidenTheInterval) {
  const Interval i = interval({independent({0, 0, 0, 0}), independent({100, 100, 100, 100})});
  EXPECT_NEAR(i.high - i.low, 0, 1e-12);
}

TEST(Bootstrap, TwoValuesOfOneStratum) {  // resamples: 0 (1/4), 5 (1/2), 10 (1/4)
  const Interval i = interval({independent({0, 10})});
  EXPECT_DOUBLE_EQ(i.value, 5);
  EXPECT_DOUBLE_EQ(i.low, 0);
  EXPECT_DOUBLE_EQ(i.high, 10);
}

TEST(Bootstrap, WidthOfANormalMean) {  // n = 400, sd 1: the 95 % interval of the mean is +-1.96/20
  base::Stream random(5, "test");
  std::vector<double> values(400);
  for (double& v : values) v = random.normal();
  const Interval i = interval({independent(values)});
  EXPECT_NEAR(i.high - i.low, 2 * 1.96 * standard_deviation(values) / 20, 0.015);
  EXPECT_LT(i.low, i.value);
  EXPECT_GT(i.high, i.value);
}

// Monte-Carlo error of a percentile of 10,000 replicates: some 2 % of the width; three times that.
void expect_close(const Interval& found, const std::vector<double>& limits) {
  const double tolerance = 0.06 * (limits[1] - limits[0]);
  EXPECT_NEAR(found.low, limits[0], tolerance);
  EXPECT_NEAR(found.high, limits[1], tolerance);
}

TEST(Bootstrap, AsRliableStratified) {
  const auto& g = golden("bootstrap");
  std::vector<Stratum> strata;
  for (const auto& s : g["strata"]) strata.push_back(independent(numbers(s)));
  const auto found = bootstrap(strata, {mean_of_means, pooled_iqm});
  expect_close(found[0], numbers(g["mean"]));
  expect_close(found[1], numbers(g["iqm"]));
}

// Rows are draws of shots (factor 1), columns draws of search seeds (factor 2), or of modules.
Stratum table(const nlohmann::json& rows, size_t row_factor, size_t column_factor) {
  Stratum s;
  for (int i = 0; i < static_cast<int>(rows.size()); ++i)
    for (int j = 0; j < static_cast<int>(rows[0].size()); ++j) {
      s.values.push_back(rows[i][j].get<double>());
      s.levels.push_back({});
      s.levels.back()[row_factor] = i;
      s.levels.back()[column_factor] = j;
    }
  return s;
}

TEST(Bootstrap, CrossedDrawsAreResampledByFactor) {
  const auto& g = golden("crossed");
  const Stratum crossed = table(g["table"], 1, 2);
  const Interval found = interval({crossed});
  expect_close(found, numbers(g["mean"]));
  const Interval naive = interval({independent(crossed.values)});
  EXPECT_LT(naive.high - naive.low, 0.7 * (found.high - found.low));  // the mistake it prevents
}

TEST(Bootstrap, FactorsThatMoveTogetherAreOne) {
  Stratum together = independent({1, 5, 2, 8, 3});
  for (auto& l : together.levels) l[2] = l[1] = 7 - l[0];
  const Interval a = interval({together}), b = interval({independent(together.values)});
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
}

TEST(Bootstrap, WholeDrawsOfModulesThatTasksShare) {
  const auto& g = golden("shared");
  std::vector<Stratum> strata;
  for (const auto& row : g["table"]) strata.push_back(independent(numbers(row)));
  const Interval found = interval(strata, Scheme::whole_draws);
  expect_close(found, numbers(g["mean"]));
  const Interval within = interval(strata);
  EXPECT_LT(within.high - within.low, 0.7 * (found.high - found.low));
}

TEST(Bootstrap, NestedDrawsStayWithTheirModules) {  // shots differ in every trial: not crossed
  Stratum nested{.values = {0, 1, 0, 1, 100, 101, 100, 101}};
  for (int i = 0; i < 8; ++i) nested.levels.push_back({i / 4, 10 * i, 20 + i});
  const Interval found = interval({nested}, Scheme::whole_draws);
  EXPECT_GT(found.high - found.low, 90);
}

TEST(Bootstrap, EqualInputEqualInterval) {
  const std::vector<Stratum> strata{independent({1, 2, 3}), independent({4, 9})};
  EXPECT_EQ(interval(strata).low, interval(strata).low);
}

// 40 tasks of 5 x 5 x 2 draws, of which some are missing.
std::vector<Stratum> many_draws() {
  base::Stream random(3, "draws");
  std::vector<Stratum> strata(40);
  for (Stratum& s : strata)
    for (int draw = 0; draw < 50; ++draw) {
      if (random.uniform() < 0.2) continue;
      s.values.push_back(random.normal());
      s.levels.push_back({draw / 10, draw / 2 % 5, draw % 2});
    }
  return strata;
}

TEST(Bootstrap, AnyNumberOfCoresGivesTheSameBits) {
  cpu_set_t all, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  CPU_ZERO(&one);
  for (int core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++core)
    if (CPU_ISSET(core, &all)) CPU_SET(core, &one);
  for (const Scheme scheme : {Scheme::within_tasks, Scheme::whole_draws}) {
    const auto interval = [&] {
      return bootstrap(many_draws(), pooled_iqm, {.replicates = 1030, .scheme = scheme});
    };
    const Interval on_all = interval();
    ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
    const Interval on_one = interval();
    ASSERT_EQ(::sched_setaffinity(0, sizeof all, &all), 0);
    EXPECT_EQ(on_all.low, on_one.low);
    EXPECT_EQ(on_all.high, on_one.high);
    EXPECT_LT(on_all.low, on_all.high);
  }
}

TEST(Bootstrap, SpreadIsTheRootOfTheMeanVariance) {
  EXPECT_DOUBLE_EQ(pooled_spread({{1, 2, 6}, {5, 5}}), std::sqrt(3.5));
}

}  // namespace
}  // namespace lorahub::report
