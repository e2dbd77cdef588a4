#include "report/paired_rows.hpp"

#include <gtest/gtest.h>

#include "report/golden.hpp"

namespace lorahub::report {
namespace {

TEST(McNemar, AsSciPysBinomialTest) {
  for (const auto& c : golden("mcnemar"))
    EXPECT_NEAR(mcnemar(c[0].get<long>(), c[1].get<long>()), c[2].get<double>(), 1e-12);
}

TEST(PairedBootstrap, AsResamplingRows) {
  for (const auto& c : golden("rows")) {
    const auto differences = c["differences"].get<std::vector<int>>();
    const int draws = c["draws"].get<int>();
    const Interval found = paired_bootstrap(differences, draws);
    const double step = 100.0 / (static_cast<double>(differences.size()) * draws);
    EXPECT_NEAR(found.low, c["interval"][0].get<double>(),
                1.01 * step);  // percentiles of a lattice
    EXPECT_NEAR(found.high, c["interval"][1].get<double>(), 1.01 * step);
  }
}

TEST(PairedBootstrap, TwoRows) {  // sums 0 (1/4), 1 (1/2), 2 (1/4), of 2 rows
  const Interval found = paired_bootstrap({0, 1}, 1);
  EXPECT_DOUBLE_EQ(found.value, 50);
  EXPECT_DOUBLE_EQ(found.low, 0);
  EXPECT_DOUBLE_EQ(found.high, 100);
}

TEST(PairedBootstrap, NoDifferenceNoInterval) {
  const Interval found = paired_bootstrap(std::vector<int>(100, 1), 1);
  EXPECT_DOUBLE_EQ(found.low, 100);
  EXPECT_DOUBLE_EQ(found.high, 100);
}

}  // namespace
}  // namespace lorahub::report
