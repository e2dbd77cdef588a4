#include "report/statistics/improvement.hpp"

#include <gtest/gtest.h>

#include "report/golden.hpp"

namespace lorahub::report {
namespace {

TEST(Improvement, OfPairedRunsAsTheFormula) {
  const auto& g = golden("wins");
  std::vector<Stratum> differences;
  for (size_t t = 0; t < g["first"].size(); ++t) {
    differences.push_back(independent(numbers(g["first"][t])));
    for (size_t i = 0; i < differences[t].values.size(); ++i)
      differences[t].values[i] -= g["second"][t][i].get<double>();
  }
  const Interval found = bootstrap(differences, share_of_wins);
  EXPECT_NEAR(found.value, g["probability"].get<double>(), 1e-14);
  EXPECT_LT(found.low, found.value);
  EXPECT_GT(found.high, found.value);
}

TEST(Improvement, AlwaysBetterIsOne) {
  const Interval found = bootstrap({independent({1, 2}), independent({3})}, share_of_wins);
  EXPECT_EQ(found.low, 1);
  EXPECT_EQ(found.high, 1);
}

TEST(PerformanceProfile, AsRliable) {
  const auto& g = golden("profile");
  const auto shares = performance_profile(g["strata"].get<Samples>(), numbers(g["thresholds"]));
  for (size_t i = 0; i < shares.size(); ++i)
    EXPECT_NEAR(shares[i], g["shares"][i].get<double>(), 1e-14);
}

}  // namespace
}  // namespace lorahub::report
