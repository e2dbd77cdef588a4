#include "report/statistics/rank_tests.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "report/golden.hpp"

namespace lorahub::report {
namespace {

TEST(Wilcoxon, AsSciPyWithTiesAndZeros) {
  for (const auto& c : golden("signed_rank")) {
    const SignedRank found = wilcoxon(numbers(c["differences"]));
    EXPECT_DOUBLE_EQ(found.plus, c["plus"].get<double>());
    EXPECT_DOUBLE_EQ(found.minus, c["minus"].get<double>());
    EXPECT_NEAR(found.rank_biserial, c["rank_biserial"].get<double>(), 1e-14);
    EXPECT_NEAR(found.p, c["p"].get<double>(), 1e-12) << c["differences"];
  }
}

TEST(Wilcoxon, SmallestPOfFourAndFifteenTasks) {  // 2 / 2^n
  EXPECT_DOUBLE_EQ(wilcoxon({1, 2, 3, 4}).p, 0.125);
  EXPECT_DOUBLE_EQ(wilcoxon(std::vector<double>(15, 1.0)).p, std::ldexp(1, -14));
}

TEST(Wilcoxon, NothingDiffers) {
  const SignedRank found = wilcoxon({0, 0, 0});
  EXPECT_EQ(found.n, 0);
  EXPECT_EQ(found.p, 1);
}

TEST(Holm, AsTheFormula) {
  for (const auto& c : golden("holm")) {
    const auto found = holm(numbers(c["p"]));
    for (size_t i = 0; i < found.size(); ++i)
      EXPECT_NEAR(found[i], c["adjusted"][i].get<double>(), 1e-15);
  }
}

TEST(Friedman, AsSciPy) {
  for (const auto& c : golden("friedman")) {
    const Friedman found = friedman(c["table"].get<std::vector<std::vector<double>>>());
    EXPECT_NEAR(found.statistic, c["statistic"].get<double>(), 1e-10);
    EXPECT_NEAR(found.p, c["p"].get<double>(), 1e-12);
    for (size_t k = 0; k < found.mean_ranks.size(); ++k)
      EXPECT_NEAR(found.mean_ranks[k], c["mean_ranks"][k].get<double>(), 1e-12);
  }
}

TEST(Friedman, AllEqualIsNoEvidence) { EXPECT_EQ(friedman({{0, 0, 0}, {5, 5, 5}}).p, 1); }

TEST(ChiSquared, AsSciPy) {
  for (const auto& c : golden("chi_squared"))
    EXPECT_NEAR(chi_squared_survival(c[0].get<double>(), c[1].get<int>()), c[2].get<double>(),
                1e-13);
}

}  // namespace
}  // namespace lorahub::report
