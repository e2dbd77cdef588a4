#include "search/centres.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace lorahub::search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Six candidates of two weights around (x, -x), `step` apart from it.
std::vector<double> six_around(double x, double step) {
  return {x + step, -x, x - step, -x, x, -x + step, x, -x - step, x, -x, x, -x};
}

Population generation(std::initializer_list<std::vector<double>> runs) {
  Population all{.dim = 2, .weights = {}};
  for (const std::vector<double>& run : runs) all.add(run);
  return all;
}

TEST(Centres, AreTheMeansOfRunsThatHaveGoneFar) {
  const Population found =
      with_centres(generation({six_around(1, 0.25), six_around(-0.5, 0.125)}), 6);
  EXPECT_THAT(found.centre(0), ElementsAre(1, -1));
  EXPECT_THAT(found.centre(5), ElementsAre(1, -1));
  EXPECT_THAT(found.centre(6), ElementsAre(-0.5, 0.5));
  EXPECT_EQ(found.weights, generation({six_around(1, 0.25), six_around(-0.5, 0.125)}).weights);
}

// The candidates' mean square distance from the mean is 4 step^2 / 6, that of the origin 2 x^2.
TEST(Centres, AreTheOriginWhereTheCandidatesLieAroundIt) {
  EXPECT_THAT(with_centres(generation({six_around(0.1, 0.18)}), 6).centre(0), IsEmpty());
  EXPECT_THAT(with_centres(generation({six_around(0.1, 0.17)}), 6).centre(0),
              ElementsAre(testing::DoubleEq(0.1), testing::DoubleEq(-0.1)));
  EXPECT_THAT(with_centres(generation({six_around(0, 1)}), 6).centre(0), IsEmpty());
}

TEST(Centres, AreTheOriginForFewCandidates) {
  EXPECT_THAT(with_centres(generation({six_around(1, 0.25)}), 1).centre(3), IsEmpty());
  Population cut_short = generation({six_around(1, 0.25), six_around(1, 0.25)});
  cut_short.weights.resize(22);
  const Population found = with_centres(cut_short, 6);
  EXPECT_THAT(found.centre(0), ElementsAre(1, -1));
  EXPECT_THAT(found.centre(10), IsEmpty());
  EXPECT_TRUE(with_centres({.dim = 2, .weights = {}}, 6).centres.empty());
}

TEST(Centres, AreTheOriginWhereAWeightIsNotANumber) {
  Population some = generation({six_around(1, 0.25)});
  some.weights[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(with_centres(some, 6).centre(0), IsEmpty());
}

// Eleven candidates of two runs of seven: no tile of four straddles them.
TEST(Centres, ATileHasCandidatesOfOneCentre) {
  Population all{.dim = 1, .weights = {1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14}};
  all.centres = {{4}, {}};
  all.candidates_per_centre = 7;
  const Measure measure = [](const Population& asked, std::span<const Tile> tiles) {
    std::vector<std::vector<double>> parts;
    for (const Tile& tile : tiles) {
      const int last = tile.first_candidate + tile.candidates - 1;
      EXPECT_EQ(asked.centre(tile.first_candidate).size(), asked.centre(last).size());
      const auto rows = asked.rows(tile.first_candidate, tile.candidates);
      parts.emplace_back(rows.begin(), rows.end());
    }
    return parts;
  };
  EXPECT_EQ(measure_all(measure, all, 1, {.candidates = 4, .examples = 1}).values, all.weights);
}

}  // namespace
}  // namespace lorahub::search
