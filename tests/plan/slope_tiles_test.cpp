#include "plan/slope_tiles.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace lorahub::plan {
namespace {

using Shots = std::vector<Lengths::RowLengths>;

std::vector<SlopeTile> tiles(const Shots& shots, study::LossKind kind = study::LossKind::official,
                             base::Device device = base::Device::cpu, int batch = 0) {
  return slope_tiles(objective::loss_parts({.kind = kind, .batch = batch}, shots.size()), shots,
                     device);
}

Shots equal_shots(size_t count, double source, double target = 4) {
  return Shots(count, {.source = source, .target = target});
}

TEST(SlopeTiles, HoldEveryShotOnceWithinTheirTokens) {
  const Shots shots{{.source = 60, .target = 1}, {.source = 64, .target = 2},
                    {.source = 65, .target = 3}, {.source = 300, .target = 4},
                    {.source = 10, .target = 5}, {.source = 20, .target = 6}};
  size_t next = 0;
  std::vector<size_t> counts;
  for (const SlopeTile& tile : tiles(shots)) {
    EXPECT_EQ(tile.first, next);
    next += tile.count;
    counts.push_back(tile.count);
  }
  EXPECT_EQ(next, shots.size());
  EXPECT_EQ(counts, (std::vector<size_t>{2, 1, 1, 2}));
}

// The tiles' means, by their shares, are the loss as objective::reduce computes it.
TEST(SlopeTiles, AddUpToTheLoss) {
  const Shots shots{{.source = 90, .target = 3},
                    {.source = 90, .target = 5},
                    {.source = 90, .target = 2},
                    {.source = 90, .target = 9}};
  const std::vector<double> sums{1, 20, 300, 4000};
  const std::vector<int> tokens{3, 5, 2, 9};
  const search::Population one{.dim = 1, .weights = {0}};
  for (const auto kind :
       {study::LossKind::official, study::LossKind::token_mean, study::LossKind::example_mean})
    for (const int batch : {0, 3}) {
      double loss = 0;
      for (const SlopeTile& tile : tiles(shots, kind, base::Device::cpu, batch)) {
        double sum = 0, count = 0;
        for (size_t i = tile.first; i < tile.first + tile.count; ++i) {
          sum += sums[i];
          count += tokens[i];
        }
        loss += tile.share * sum / count;
      }
      const search::Losses expected = objective::reduce(
          {.examples = 4, .values = sums}, tokens, one,
          {.kind = kind, .penalty = {.kind = study::PenaltyKind::none}, .batch = batch});
      EXPECT_DOUBLE_EQ(loss, expected[0]) << study::name(kind) << batch;
    }
}

TEST(SlopeTiles, AGpuTakesMoreShotsAtOnce) {
  const auto kind = study::LossKind::official;
  EXPECT_EQ(tiles(equal_shots(5, 256), kind, base::Device::cpu).size(), 5U);
  EXPECT_EQ(tiles(equal_shots(5, 256), kind, base::Device::cuda).size(), 2U);
}

}  // namespace
}  // namespace lorahub::plan
