#include "report/statistics/paired_rows.hpp"

#include <gtest/gtest.h>

#include "report/golden.hpp"

namespace lorahub::report {
namespace {

TEST(McNemar, AsSciPysBinomialTest) {
  for (const auto& c : golden("mcnemar"))
    EXPECT_NEAR(mcnemar(c[0].get<long>(), c[1].get<long>()), c[2].get<double>(), 1e-12);
}

TEST(PairedBootstrap, AsResamplingRowsAndDraws) {
  for (const auto& c : golden("rows")) {
    const auto differences = c["differences"].get<std::vector<std::vector<int>>>();
    const Interval found = PairedBootstrap()(differences);
    const auto low = c["interval"][0].get<double>(), high = c["interval"][1].get<double>();
    const double step = 100.0 / static_cast<double>(differences.size() * differences[0].size());
    EXPECT_NEAR(found.low, low, 1.01 * step + 0.06 * (high - low));  // percentiles of a lattice
    EXPECT_NEAR(found.high, high, 1.01 * step + 0.06 * (high - low));
  }
}

TEST(PairedBootstrap, TwoRows) {  // sums 0 (1/4), 1 (1/2), 2 (1/4), of 2 rows
  const Interval found = PairedBootstrap()({{0, 1}});
  EXPECT_DOUBLE_EQ(found.value, 50);
  EXPECT_DOUBLE_EQ(found.low, 0);
  EXPECT_DOUBLE_EQ(found.high, 100);
}

TEST(PairedBootstrap, NoDifferenceNoInterval) {
  const Interval found = PairedBootstrap()({std::vector<int>(100, 1)});
  EXPECT_DOUBLE_EQ(found.low, 100);
  EXPECT_DOUBLE_EQ(found.high, 100);
}

}  // namespace
}  // namespace lorahub::report
