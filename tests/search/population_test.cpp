#include "search/population.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace lorahub::search {
namespace {

Population numbered(int size, int dim) {
  Population population{.dim = dim, .weights = {}};
  population.weights.resize(static_cast<size_t>(size * dim));
  std::iota(population.weights.begin(), population.weights.end(), 0);
  return population;
}

// The sum of candidate p and example k is 1000 w_0(p) + k; tiles are answered on their own, in any
// order.
std::vector<double> fake_tile(const Population& population, const Tile& tile) {
  std::vector<double> sums;
  for (int p = tile.first_candidate; p < tile.first_candidate + tile.candidates; ++p)
    for (int k = tile.first_example; k < tile.first_example + tile.examples; ++k)
      sums.push_back(1000 * population.row(p)[0] + k);
  return sums;
}

TEST(Population, RowsAreCandidates) {
  Population population = numbered(3, 2);
  EXPECT_EQ(population.size(), 3);
  EXPECT_THAT(population.row(1), testing::ElementsAre(2, 3));
  population.add(std::vector<double>{7, 8});
  EXPECT_EQ(population.size(), 4);
  EXPECT_THAT(population.row(3), testing::ElementsAre(7, 8));
  EXPECT_EQ(Population{}.size(), 0);
}

TEST(Cut, CoversEachPairOnce) {
  for (int candidates : {1, 3, 4, 5, 12})
    for (int examples : {1, 5, 64, 65, 200}) {
      const TileShape shape{.candidates = 4, .examples = 64};
      std::vector<int> covered(static_cast<size_t>(candidates * examples));
      for (const Tile& tile : cut(candidates, examples, shape)) {
        ASSERT_LE(tile.candidates, shape.candidates);
        ASSERT_LE(tile.examples, shape.examples);
        for (int p = 0; p < tile.candidates; ++p)
          for (int k = 0; k < tile.examples; ++k)
            ++covered.at(static_cast<size_t>((tile.first_candidate + p) * examples +
                                             tile.first_example + k));
      }
      EXPECT_THAT(covered, testing::Each(1)) << candidates << " x " << examples;
    }
}

TEST(Cut, OnlyTheLastTilesAreSmaller) {
  const std::vector<Tile> tiles = cut(6, 100, {.candidates = 4, .examples = 64});
  std::vector<std::vector<int>> shapes;
  for (const Tile& t : tiles)
    shapes.push_back({t.first_candidate, t.candidates, t.first_example, t.examples});
  using V = std::vector<int>;
  EXPECT_THAT(shapes, testing::ElementsAre(V{0, 4, 0, 64}, V{0, 4, 64, 36}, V{4, 2, 0, 64},
                                           V{4, 2, 64, 36}));
  EXPECT_TRUE(cut(0, 5, {}).empty());
}

TEST(MeasureAll, PutsTilesInTheirPlaces) {
  const Population population = numbered(7, 3);
  const Measure measure = [](const Population& asked, std::span<const Tile> tiles) {
    std::vector<std::vector<double>> parts(tiles.size());
    for (size_t t = tiles.size(); t-- > 0;) parts[t] = fake_tile(asked, tiles[t]);
    return parts;
  };
  for (const TileShape shape : {TileShape{2, 3}, TileShape{7, 10}, TileShape{1, 1}, TileShape{}}) {
    const Sums sums = measure_all(measure, population, 10, shape);
    ASSERT_EQ(sums.examples, 10);
    ASSERT_EQ(sums.values.size(), 70U);
    for (int p = 0; p < 7; ++p)
      for (int k = 0; k < 10; ++k) EXPECT_EQ(sums.at(p, k), 3000 * p + k);
  }
}

}  // namespace
}  // namespace lorahub::search
