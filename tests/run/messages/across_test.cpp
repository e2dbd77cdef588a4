#include "run/messages/across.hpp"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>

#include "base/fault.hpp"
#include "formula_measure.hpp"
#include "run/messages/measure_tile.hpp"

namespace lorahub::run {
namespace {

using test::formula;
using test::measure;
using testing::ElementsAre;

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

// Plays any rank in this thread.
CallRanks by(const search::Measure& local) {
  return [local](const std::vector<std::string>& requests) {
    std::vector<workers::Outcome> outcomes;
    for (const std::string& request : requests)
      outcomes.push_back({.bytes = measure_tile(request, local)});
    return outcomes;
  };
}

void no_fault(const search::Fault& fault) { ADD_FAILURE() << fault.candidate << fault.cause; }

std::vector<uint64_t> bits(const std::vector<std::vector<double>>& sums) {
  std::vector<uint64_t> all;
  for (const auto& of_tile : sums) {
    all.push_back(of_tile.size());
    for (const double x : of_tile) all.push_back(std::bit_cast<uint64_t>(x));
  }
  return all;
}

TEST(Across, HasTheBitsOfTheLocalMeasure) {
  const auto population = some_population(7, 5);
  const auto tiles = ragged_tiles();
  EXPECT_EQ(bits(across(by(measure), no_fault)(population, tiles)),
            bits(measure(population, tiles)));
}

TEST(Across, ARequestIsOneTileWithItsCandidatesAlone) {
  std::multiset<std::pair<int, int>> shapes;
  const search::Measure spy = [&](const search::Population& population,
                                  std::span<const search::Tile> tiles) {
    EXPECT_EQ(tiles.size(), 1U);
    EXPECT_EQ(population.size(), tiles[0].candidates);
    shapes.insert({tiles[0].candidates, tiles[0].first_example});
    return measure(population, tiles);
  };
  across(by(spy), no_fault)(some_population(7, 5), ragged_tiles());
  EXPECT_THAT(shapes, ElementsAre(std::pair(1, 0), std::pair(1, 4), std::pair(1, 8),
                                  std::pair(3, 0), std::pair(3, 0), std::pair(3, 4),
                                  std::pair(3, 4), std::pair(3, 8), std::pair(3, 8)));
}

TEST(Across, PassesOddNumbersOnUnchanged) {
  const std::vector<double> odd = {std::numeric_limits<double>::infinity(), -0.0, 5e-324,
                                   0x1.fffffffffffffp1023};
  const search::Measure local = [&](const search::Population& population,
                                    std::span<const search::Tile>) {
    EXPECT_EQ(bits({population.weights}), bits({odd}));
    return std::vector<std::vector<double>>{odd};
  };
  const search::Population population{.dim = 1, .weights = odd};
  const std::vector<search::Tile> tiles = {
      {.first_candidate = 0, .candidates = 4, .first_example = 0, .examples = 1}};
  EXPECT_EQ(bits(across(by(local), no_fault)(population, tiles)), bits({odd}));
}

TEST(Across, EmptyPopulationAsksForNothing) {
  EXPECT_TRUE(across(by(measure), no_fault)({}, {}).empty());
}

// The sums, but candidate 4 gets NaN for one example alone.
std::vector<std::vector<double>> with_nan(const search::Population& population,
                                          std::span<const search::Tile> tiles) {
  auto sums = measure(population, tiles);
  const auto spoilt = some_population(7, 5);
  for (int p = 0; p < tiles[0].candidates; ++p)
    if (population.row(p)[0] == spoilt.row(4)[0] && tiles[0].first_example == 4)
      sums[0][static_cast<size_t>(p * tiles[0].examples)] =
          std::numeric_limits<double>::quiet_NaN();
  return sums;
}

TEST(Across, NotANumberIsTriedAgainThenInfinite) {
  const auto population = some_population(7, 5);
  const auto tiles = ragged_tiles();
  std::vector<std::pair<int, std::string>> faults;
  int requests = 0;
  const search::Measure counting = [&](const search::Population& p,
                                       std::span<const search::Tile> t) {
    ++requests;
    return with_nan(p, t);
  };
  const auto sums = across(by(counting), [&](const search::Fault& fault) {
    faults.emplace_back(fault.candidate, fault.cause);
  })(population, tiles);
  EXPECT_EQ(requests, 10) << "nine tiles and one again";
  EXPECT_THAT(faults, ElementsAre(std::pair(4, "its loss is not a number")));
  auto expected = measure(population, tiles);  // its neighbours in the tile keep their bits
  for (size_t k = 4; k < 8; ++k) expected[4][k] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(bits(sums), bits(expected));
}

// A search that took such a fault for a bad candidate would go elsewhere, and nobody would know.
TEST(Across, AFaultOfTheMachineIsNoLoss) {
  const CallRanks sick = [&](const std::vector<std::string>& requests) {
    auto outcomes = by(measure)(requests);
    outcomes[0] = {.result = workers::Result::fault,
                   .bytes = "rank 1 on n: there is not enough memory"};
    return outcomes;
  };
  try {
    across(sick, no_fault)(some_population(7, 5), ragged_tiles());
    FAIL();
  } catch (const base::MachineFault& fault) {
    EXPECT_STREQ(fault.what(), "rank 1 on n: there is not enough memory");
  }
}

TEST(Across, BadInputIsNotTriedAgain) {
  int calls = 0;
  const CallRanks bad = [&](const std::vector<std::string>& requests) {
    ++calls;
    return std::vector<workers::Outcome>(
        requests.size(), {.result = workers::Result::failure, .bytes = "rank 2: no such module"});
  };
  try {
    across(bad, no_fault)(some_population(7, 5), ragged_tiles());
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_STREQ(error.what(), "rank 2: no such module");
  }
  EXPECT_EQ(calls, 1);
}

TEST(Across, RefusesRepliesOfTheWrongLength) {
  for (const int change : {-8, -1, 1, 8}) {
    const CallRanks call = [&](const std::vector<std::string>& requests) {
      auto outcomes = by(measure)(requests);
      outcomes[1].bytes.resize(outcomes[1].bytes.size() + static_cast<size_t>(change));
      return outcomes;
    };
    EXPECT_THROW(across(call, no_fault)(some_population(7, 5), ragged_tiles()), base::Error)
        << change;
  }
}

TEST(MeasureTile, RefusesADamagedRequest) {
  std::string request;
  const CallRanks call = [&](const std::vector<std::string>& requests) {
    request = requests[0];
    return by(measure)(requests);
  };
  across(call, no_fault)(some_population(7, 5), ragged_tiles());
  EXPECT_THROW(measure_tile(request + "x", measure), base::Error);
  for (size_t length = 0; length < request.size(); length += 7)
    EXPECT_THROW(measure_tile(request.substr(0, length), measure), base::Error) << length;
}

TEST(MeasureTile, RefusesWhatDoesNotFitTheRank) {
  std::string request;
  const CallRanks call = [&](const std::vector<std::string>& requests) {
    request = requests[1];  // candidates 0 to 2, examples 4 to 7
    return by(measure)(requests);
  };
  across(call, no_fault)(some_population(7, 5), ragged_tiles());
  EXPECT_NO_THROW(measure_tile(request, measure, Measurable{.dim = 5, .examples = 8}));
  for (const auto& [dim, examples] : {std::pair{4, 8}, {6, 8}, {5, 7}, {-1, 8}, {5, 0}})
    EXPECT_THROW(measure_tile(request, measure, Measurable{.dim = dim, .examples = examples}),
                 base::Error)
        << dim << " " << examples;
}

// Whatever byte is another one, it is refused or it is a number of a weight.
TEST(MeasureTile, NeverReadsBeyondADamagedRequest) {
  std::string request;
  const CallRanks call = [&](const std::vector<std::string>& requests) {
    request = requests[0];
    return by(measure)(requests);
  };
  across(call, no_fault)(some_population(7, 5), ragged_tiles());
  const search::Measure none = [](const search::Population&, std::span<const search::Tile> tiles) {
    const auto sums = static_cast<size_t>(tiles[0].candidates * tiles[0].examples);
    return std::vector<std::vector<double>>{std::vector<double>(sums)};
  };
  for (size_t at = 0; at < request.size(); ++at)
    for (const unsigned char flip : {0x01, 0x40, 0x80, 0xff}) {
      std::string damaged = request;
      damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ flip);
      try {
        measure_tile(damaged, none, Measurable{.dim = 5, .examples = 10});
      } catch (const base::Error&) {
      }
    }
}

}  // namespace
}  // namespace lorahub::run
