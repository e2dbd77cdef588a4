#include "search/random_search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "search/minimize.hpp"

namespace lorahub::search {
namespace {

RandomSearch make(int dim, double bound, uint64_t seed) {
  return RandomSearch({.dim = dim, .bound = bound}, 10, base::Stream(seed, "search"));
}

TEST(RandomSearch, TriesZeroFirstAndOnlyOnce) {
  RandomSearch search = make(4, 1.5, 1);
  const Population first = search.ask();
  ASSERT_EQ(first.size(), 10);
  EXPECT_THAT(first.row(0), testing::Each(0.0));
  for (int p = 1; p < 10; ++p) EXPECT_THAT(first.row(p), testing::Each(testing::Ne(0.0)));
  search.tell(Losses(10));
  EXPECT_THAT(search.ask().weights, testing::Each(testing::Ne(0.0)));
}

TEST(RandomSearch, FillsTheBoxUniformly) {
  RandomSearch search = make(5, 0.8, 3);
  std::vector<double> all;
  for (int g = 0; g < 400; ++g) {
    const Population population = search.ask();
    all.insert(all.end(), population.weights.begin() + (g == 0 ? 5 : 0), population.weights.end());
    search.tell(Losses(10));
  }
  EXPECT_THAT(all, testing::Each(testing::AllOf(testing::Ge(-0.8), testing::Le(0.8))));
  std::sort(all.begin(), all.end());
  double most = 0;  // Kolmogorov-Smirnov; 1.95 / sqrt(n) is passed with probability 0.999
  for (size_t i = 0; i < all.size(); ++i)
    most = std::max(most, std::abs((all[i] + 0.8) / 1.6 -
                                   static_cast<double>(i) / static_cast<double>(all.size())));
  EXPECT_LT(most, 1.95 / std::sqrt(static_cast<double>(all.size())));
}

TEST(RandomSearch, DependsOnTheSeedAloneAndNotOnLosses) {
  RandomSearch one = make(3, 1.5, 7), same = make(3, 1.5, 7), other = make(3, 1.5, 8);
  for (int g = 0; g < 3; ++g) {
    EXPECT_EQ(one.ask().weights, same.ask().weights);
    EXPECT_EQ(one.ask().weights, one.ask().weights);
    EXPECT_NE(one.ask().weights, other.ask().weights);
    one.tell(Losses(10, 1.0));
    same.tell(Losses(10, 2.0));
    other.tell(Losses(10, 1.0));
  }
}

}  // namespace
}  // namespace lorahub::search
