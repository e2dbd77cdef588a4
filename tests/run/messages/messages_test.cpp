#include "run/messages/messages.hpp"

#include <gtest/gtest.h>

#include "base/check.hpp"
#include "base/random.hpp"

namespace lorahub::run {
namespace {

TEST(Messages, ARequestGoesThereAndBack) {
  const RankRequest request{.kind = RequestKind::answer,
                            .number = 7,
                            .trial = "knobs",
                            .kept = {3, 1},
                            .body = base::encode(AnswerRequest{.batch = 5, .weights = {0.5, -1}})};
  const auto same = base::decode<RankRequest>(base::encode(request));
  EXPECT_EQ(same.kind, request.kind);
  EXPECT_EQ(same.number, request.number);
  EXPECT_EQ(same.trial, request.trial);
  EXPECT_EQ(same.kept, request.kept);
  const auto answer = base::decode<AnswerRequest>(same.body);
  EXPECT_EQ(answer.batch, 5U);
  EXPECT_EQ(answer.weights, (std::vector<double>{0.5, -1}));
}

TEST(Messages, ATileTravelsWithItsCandidatesAlone) {
  const search::Population population{.dim = 2, .weights = {1, 2, 3, 4, 5, 6, 7, 8}};
  const search::Tile tile{.first_candidate = 1, .candidates = 2, .first_example = 5, .examples = 3};
  const auto got = base::decode<TileRequest>(base::encode(tile_request(population, tile)));
  EXPECT_EQ(got.population().dim, 2);
  EXPECT_EQ(got.population().weights, (std::vector<double>{3, 4, 5, 6}));
  EXPECT_EQ(got.tile().first_candidate, 0);
  EXPECT_EQ(got.tile().candidates, 2);
  EXPECT_EQ(got.tile().first_example, 5);
  EXPECT_EQ(got.tile().examples, 3);
}

TEST(Messages, ATileTravelsWithTheCentreOfItsCandidates) {
  search::Population population{.dim = 2, .weights = {1, 2, 3, 4, 5, 6, 7, 8}};
  population.centres = {{2, 3}, {}};
  population.candidates_per_centre = 2;
  const auto sent = [&](int first) {
    const search::Tile tile{
        .first_candidate = first, .candidates = 2, .first_example = 0, .examples = 3};
    const auto got = base::decode<TileRequest>(base::encode(tile_request(population, tile)));
    const search::Population there = got.population();
    return std::vector(there.centre(1).begin(), there.centre(1).end());
  };
  EXPECT_EQ(sent(0), (std::vector<double>{2, 3}));
  EXPECT_EQ(sent(2), std::vector<double>{});
}

TEST(Messages, CutOrForeignOnesAreRefused) {
  const std::string whole = base::encode(
      RankRequest{.kind = RequestKind::search, .number = 1, .trial = "knobs", .kept = {1, 2, 3}});
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(base::decode<RankRequest>(whole.substr(0, length)), base::Error) << length;
  EXPECT_THROW(base::decode<RankRequest>("?" + whole.substr(1)), base::Error);
  EXPECT_THROW(base::decode<Difference>(base::encode(Difference{.of = Difference::Of{9}})),
               base::Error);
  for (const TileRequest& tile :
       {TileRequest{.dim = -1, .candidates = -1, .weights = {1}},
        TileRequest{.dim = 2, .candidates = 2, .weights = {1, 2, 3}},
        TileRequest{.dim = 1, .candidates = 1, .first_example = -1, .weights = {1}},
        TileRequest{.dim = 1, .candidates = 1, .examples = -1, .weights = {1}},
        TileRequest{.dim = 1, .candidates = 1, .weights = {1}, .centre = {1, 2}}})
    EXPECT_THROW(base::decode<TileRequest>(base::encode(tile)), base::Error);
}

TEST(Messages, ATileOfNothingHasItsCentre) {
  const TileRequest nothing{.dim = 1, .centre = {0.5}};
  const auto population = nothing.population();
  EXPECT_EQ(population.size(), 0);
  EXPECT_EQ(population.centre(nothing.tile().first_candidate)[0], 0.5);
}

// No bytes make it read beyond them: the sanitizers would say so.
TEST(Messages, AnyBytesAreReadOrRefused) {
  base::Stream random(1, "requests");
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random.bits() % 60, '\0');
    for (char& c : bytes) c = static_cast<char>(random.bits() % 4);
    if (!bytes.empty()) bytes[0] = "DELWXJPMSAT"[random.bits() % 11];
    try {
      base::decode<AnswerRequest>(base::decode<RankRequest>(bytes).body);
    } catch (const base::Error&) {
    }
  }
}

}  // namespace
}  // namespace lorahub::run
