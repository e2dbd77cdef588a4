#include "workers/across.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>

#include "base/check.hpp"

namespace lorahub::workers {
namespace {

// A loss that depends on all weights and the example in bits that any slip would change.
double formula(std::span<const double> weights, int example) {
  double sum = 0.1 * example;
  for (const double w : weights) sum = std::sin(sum * 3.7 + w) + w * w / (1.0 + example);
  return sum;
}

std::vector<std::vector<double>> measure(const search::Population& population,
                                         std::span<const search::Tile> tiles) {
  std::vector<std::vector<double>> sums;
  for (const search::Tile& tile : tiles) {
    std::vector<double>& of_tile = sums.emplace_back();
    for (int p = 0; p < tile.candidates; ++p) {
      for (int k = 0; k < tile.examples; ++k) {
        of_tile.push_back(
            formula(population.row(tile.first_candidate + p), tile.first_example + k));
      }
    }
  }
  return sums;
}

search::Population some_population(int candidates, int dim) {
  search::Population population{.dim = dim, .weights = {}};
  for (int i = 0; i < candidates * dim; ++i) population.weights.push_back(std::cos(1.3 * i) * 1.5);
  return population;
}

// Ragged: 7 candidates in tiles of 3, 10 examples in tiles of 4.
std::vector<search::Tile> ragged_tiles() {
  std::vector<search::Tile> tiles;
  for (const auto& [p, ps] : {std::pair{0, 3}, {3, 3}, {6, 1}}) {
    for (const auto& [k, ks] : {std::pair{0, 4}, {4, 4}, {8, 2}}) {
      tiles.push_back({.first_candidate = p, .candidates = ps, .first_example = k, .examples = ks});
    }
  }
  return tiles;
}

Ask ranks(int size, const search::Measure& local) {
  return [size, local](const std::string& request) {
    std::vector<std::string> replies;
    for (int rank = 0; rank < size; ++rank)
      replies.push_back(measure_share(request, local, Share{.rank = rank, .size = size}));
    return replies;
  };
}

std::vector<uint64_t> bits(const std::vector<std::vector<double>>& sums) {
  std::vector<uint64_t> all;
  for (const auto& of_tile : sums) {
    all.push_back(of_tile.size());
    for (const double x : of_tile) all.push_back(std::bit_cast<uint64_t>(x));
  }
  return all;
}

TEST(Across, SameBitsForAnyNumberOfRanks) {
  const auto population = some_population(7, 5);
  const auto tiles = ragged_tiles();
  const auto expected = bits(measure(population, tiles));
  for (const int size : {1, 2, 3, 5, 9, 20}) {
    EXPECT_EQ(bits(across(ranks(size, measure))(population, tiles)), expected) << size << " ranks";
  }
}

TEST(Across, EveryTileIsMeasuredOnceByItsRank) {
  const auto tiles = ragged_tiles();
  std::multiset<std::pair<int, int>> seen;
  int calls = 0;
  const search::Measure spy = [&](const search::Population& population,
                                  std::span<const search::Tile> mine) {
    ++calls;
    for (const search::Tile& tile : mine) seen.insert({tile.first_candidate, tile.first_example});
    return measure(population, mine);
  };
  across(ranks(4, spy))(some_population(7, 5), tiles);
  std::multiset<std::pair<int, int>> all;
  for (const search::Tile& tile : tiles) all.insert({tile.first_candidate, tile.first_example});
  EXPECT_EQ(seen, all);
  EXPECT_EQ(calls, 4);

  calls = 0;
  across(ranks(30, spy))(some_population(7, 5), tiles);  // 9 tiles: 21 ranks have nothing to do
  EXPECT_EQ(calls, 9);
}

TEST(Across, TileTGoesToRankTModSize) {
  const auto tiles = ragged_tiles();
  std::string request;
  across([&](const std::string& bytes) {
    request = bytes;
    return ranks(1, measure)(bytes);
  })(some_population(7, 5), tiles);
  std::vector<int> firsts;
  const search::Measure spy = [&](const search::Population& population,
                                  std::span<const search::Tile> mine) {
    for (const search::Tile& tile : mine)
      firsts.push_back(10 * tile.first_candidate + tile.first_example);
    return measure(population, mine);
  };
  measure_share(request, spy, Share{.rank = 1, .size = 4});
  EXPECT_EQ(firsts, (std::vector<int>{4, 38}));  // tiles 1 and 5
}

TEST(Across, PassesOddNumbersOnUnchanged) {
  const double quiet = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> odd = {quiet,
                                   -quiet,
                                   std::numeric_limits<double>::infinity(),
                                   -0.0,
                                   5e-324,
                                   std::bit_cast<double>(uint64_t{0x7ff8000000000abc}),
                                   0x1.fffffffffffffp1023};
  const search::Measure local = [&](const search::Population& population,
                                    std::span<const search::Tile>) {
    EXPECT_EQ(bits({population.weights}), bits({odd}));
    return std::vector<std::vector<double>>{odd};
  };
  const search::Population population{.dim = 1, .weights = odd};
  const std::vector<search::Tile> tiles = {
      {.first_candidate = 0, .candidates = 7, .first_example = 0, .examples = 1}};
  EXPECT_EQ(bits(across(ranks(3, local))(population, tiles)), bits({odd}));
}

TEST(Across, EmptyPopulationAsksForNothing) {
  EXPECT_TRUE(across(ranks(3, measure))({}, {}).empty());
}

TEST(Across, RefusesRepliesOfTheWrongLength) {
  const auto population = some_population(7, 5);
  const auto tiles = ragged_tiles();
  for (const int change : {-8, -1, 1, 8}) {
    const Ask ask = [&](const std::string& request) {
      auto replies = ranks(3, measure)(request);
      replies[1].resize(replies[1].size() + static_cast<size_t>(change));
      return replies;
    };
    EXPECT_THROW(across(ask)(population, tiles), base::Error) << change;
  }
}

TEST(MeasureShare, RefusesADamagedRequest) {
  std::string request;
  across([&](const std::string& bytes) {
    request = bytes;
    return ranks(1, measure)(bytes);
  })(some_population(7, 5), ragged_tiles());
  EXPECT_THROW(measure_share(request + "x", measure, Share{}), base::Error);
  for (size_t length = 0; length < request.size(); length += 7) {
    EXPECT_THROW(measure_share(request.substr(0, length), measure, Share{}), base::Error) << length;
  }
}

TEST(Pack, GoesThereAndBack) {
  const std::vector<std::vector<std::string>> lists = {
      {},
      {""},
      {"", "", ""},
      {"yes", std::string("\0a\0", 3), "\xff\xfe", std::string(100000, 'x'), ""}};
  for (const auto& list : lists) EXPECT_EQ(unpack(pack(list)), list);
}

TEST(Pack, RefusesDamagedBytes) {
  const std::string bytes = pack({"yes", "no"});
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_THROW(unpack(bytes.substr(0, length)), base::Error) << length;
  EXPECT_THROW(unpack(bytes + "x"), base::Error);
  EXPECT_THROW(unpack(std::string(16, '\xff')), base::Error);
}

}  // namespace
}  // namespace lorahub::workers
