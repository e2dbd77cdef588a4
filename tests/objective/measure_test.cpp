#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "lab.hpp"
#include "objective/load_model.hpp"
#include "search/centres.hpp"
#include "study/choices.hpp"

namespace lorahub::objective {
namespace {

using study::Composition;
using study::Engine;

struct MeasuringSetting {
  LoadedModel loaded = objective::lab_model();
  lora::Pool pool = objective::pool(loaded.model->architecture());
  std::vector<model::Tokens> pairs = tokenize(*loaded.tokenizer, shots("D1_min_letter", 5));
};
MeasuringSetting& measuring_setting() {
  static MeasuringSetting setting;
  return setting;
}

search::Measure measure(Composition composition, Engine engine = Engine::fast) {
  const MeasuringSetting& s = measuring_setting();
  return make_measure(s.loaded, {.pool = s.pool, .composition = composition, .engine = engine},
                      s.pairs);
}

std::vector<double> values(const search::Measure& measure, const search::Population& population,
                           search::TileShape shape) {
  return search::measure_all(measure, population, 5, shape).values;
}

// Far out (w in +-1.5) some losses are ill-conditioned: f32 misses f64 by up to 4e-5 of them, in
// whatever order it adds.
constexpr double kRounding = 1e-4;

void expect_close(const std::vector<double>& got, const std::vector<double>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], want[i], kRounding * std::max(1.0, want[i])) << i;
}

// The plain engine takes each candidate alone through padding, masks and a written-out softmax.
TEST(Measure, IsThePlainNetworkForEachCandidate) {
  const search::Population some = population(6, 20);
  for (const Composition composition : {Composition::factor, Composition::product}) {
    const std::vector<double> fast =
        values(measure(composition), some, {.candidates = 4, .examples = 3});
    const std::vector<double> plain =
        values(measure(composition, Engine::reference), some, {.candidates = 6, .examples = 5});
    expect_close(fast, plain);
    EXPECT_EQ(fast.size(), 30U);
  }
}

TEST(Measure, TileShapeMovesNothingBeyondRounding) {
  const search::Population some = population(10, 20);
  const std::vector<double> whole =
      values(measure(Composition::factor), some, {.candidates = 10, .examples = 5});
  for (const search::TileShape shape : {search::TileShape{1, 1}, {3, 2}, {7, 5}, {10, 4}})
    expect_close(values(measure(Composition::factor), some, shape), whole);
}

// The base's pass lies on the device that computes: no GPU is there, and the host's memory, which
// would suffice, does not count.
TEST(Measure, LooksForDeltasRoomWhereTheModelIs) {
  const MeasuringSetting& s = measuring_setting();
  LoadedModel loaded = s.loaded;
  add_narrow_weights(loaded, study::Precision::delta_bf16, 1);
  const Mixture mixture{.pool = s.pool, .composition = Composition::factor, .engine = Engine::fast};
  EXPECT_NO_THROW(make_search_measure(loaded, mixture, s.pairs));
  if (at::hasCUDA()) GTEST_SKIP() << "a GPU is there";
  loaded.device = base::Device::cuda;
  EXPECT_THROW(make_search_measure(loaded, mixture, s.pairs), base::Error);
}

TEST(Measure, SameBitsForOneAndThreeThreads) {
  MeasuringSetting& s = measuring_setting();
  const search::Population some = population(23, 20);
  for (const Composition composition : {Composition::factor, Composition::product}) {
    s.loaded.threads = 1;
    const auto one = values(measure(composition), some, {.candidates = 4, .examples = 2});
    s.loaded.threads = 3;
    const auto three = values(measure(composition), some, {.candidates = 4, .examples = 2});
    s.loaded.threads = 1;
    EXPECT_EQ(one, three);
  }
}

// Two runs far from the origin, of which `threads` compute tiles side by side.
TEST(Measure, SameBitsForOneAndThreeThreadsAroundCentres) {
  MeasuringSetting& s = measuring_setting();
  LoadedModel loaded = s.loaded;
  add_narrow_weights(loaded, study::Precision::delta_bf16, 1);
  const Mixture mixture{.pool = s.pool, .engine = Engine::fast, .centres = 2};
  search::Population some = population(12, 20);
  for (size_t i = 0; i < some.weights.size(); ++i)
    some.weights[i] = (i < 6 * 20 ? 1.0 : -0.5) + 0.1 * some.weights[i];
  some = search::with_centres(std::move(some), 6);
  ASSERT_NE(some.centres[0], some.centres[1]);
  ASSERT_EQ(some.centres[1].size(), 20U);
  std::vector<std::vector<double>> found;
  for (const int threads : {1, 3}) {
    loaded.threads = threads;
    for (int again = 0; again < 2; ++again)  // the second time the passes are known
      found.push_back(values(make_search_measure(loaded, mixture, s.pairs), some,
                             {.candidates = 4, .examples = 2}));
  }
  for (const auto& each : found) EXPECT_EQ(each, found.front());
  // Each run is computed from its own centre.
  const std::vector<double> exact =
      values(measure(Composition::factor), some, {.candidates = 4, .examples = 2});
  some.centres = {};
  const std::vector<double> from_base =
      values(make_search_measure(loaded, mixture, s.pairs), some, {.candidates = 4, .examples = 2});
  double error = 0, error_from_base = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    error += std::abs(found[0][i] - exact[i]);
    error_from_base += std::abs(from_base[i] - exact[i]);
  }
  EXPECT_LT(error, error_from_base / 2);
}

// A point that was asked for before may have been forgotten: its pass is recorded once more.
TEST(Measure, SameBitsAroundCentresThatComeAgain) {
  MeasuringSetting& s = measuring_setting();
  LoadedModel loaded = s.loaded;
  add_narrow_weights(loaded, study::Precision::delta_bf16, 1);
  const search::Measure measured =
      make_search_measure(loaded, {.pool = s.pool, .engine = Engine::fast}, s.pairs);
  search::Population some = population(3, 20);
  some.candidates_per_centre = 3;
  std::vector<std::vector<double>> found;
  for (const double at : {1.0, 0.5, 1.0, 0.0, 1.0}) {
    some.centres = {std::vector<double>(at == 0 ? 0 : 20, at)};
    found.push_back(values(measured, some, {.candidates = 3, .examples = 5}));
  }
  EXPECT_NE(found[0], found[1]);
  EXPECT_NE(found[0], found[3]);
  EXPECT_EQ(found[0], found[2]);
  EXPECT_EQ(found[0], found[4]);
}

// This is what ranks do: each computes other tiles, in another order.
TEST(Measure, SameBitsForTilesInAnyOrder) {
  const search::Population some = population(11, 20);
  const search::Measure measured = measure(Composition::factor);
  const std::vector<search::Tile> tiles = search::cut(11, 5, {.candidates = 4, .examples = 3});
  const auto in_order = measured(some, tiles);
  for (size_t step : {5U, 1U}) {
    for (size_t i = 0; i < tiles.size(); ++i) {
      const size_t t = (i * step + 2) % tiles.size();
      EXPECT_EQ(measured(some, std::span(&tiles[t], 1)).front(), in_order[t]);
    }
  }
}

TEST(Measure, FactorGivesEqualBitsForWAndMinusW) {
  search::Population some = population(7, 20);
  const auto plus = values(measure(Composition::factor), some, {.candidates = 4, .examples = 5});
  for (double& w : some.weights) w = -w;
  EXPECT_EQ(values(measure(Composition::factor), some, {.candidates = 4, .examples = 5}), plus);
}

TEST(Measure, CarriesErrorsOutOfItsThreads) {
  MeasuringSetting& s = measuring_setting();
  search::Population some = population(9, 20);
  some.weights[7 * 20 + 3] = std::numeric_limits<double>::quiet_NaN();
  for (const int threads : {1, 3}) {
    s.loaded.threads = threads;
    EXPECT_THROW(values(measure(Composition::factor), some, {.candidates = 2, .examples = 5}),
                 base::Error);
  }
  s.loaded.threads = 1;
}

double kendall_tau(const std::vector<double>& x, const std::vector<double>& y) {
  int score = 0, pairs = 0;
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t j = 0; j < i; ++j, ++pairs) {
      const double product = (x[i] - x[j]) * (y[i] - y[j]);
      score += product > 0 ? 1 : product < 0 ? -1 : 0;
    }
  return static_cast<double>(score) / pairs;
}

TEST(Measure, Bfloat16RanksCandidatesAsFloat32) {
  const MeasuringSetting& s = measuring_setting();
  const LoadedModel half = lab_model(study::Precision::bf16);
  const search::Population some = population(50, 20);
  for (const Composition composition : {Composition::factor, Composition::product}) {
    const search::Measure coarse = make_measure(
        half, {.pool = s.pool, .composition = composition, .engine = Engine::fast}, s.pairs);
    const auto ranking = [&](const search::Measure& measured) {
      const search::TileShape shape{.candidates = 10, .examples = 5};
      return reduce(
          search::measure_all(measured, some, 5, shape), std::vector{2, 2, 2, 2, 2}, some,
          {.kind = study::LossKind::token_mean, .penalty = {.kind = study::PenaltyKind::none}});
    };
    const double tau = kendall_tau(ranking(measure(composition)), ranking(coarse));
    RecordProperty(study::name(composition), base::format("{:.4f}", tau));
    EXPECT_GE(tau, 0.95);
  }
}

// The rate that a search of 400 evaluations in populations of 10 sees: about a second of one core.
// The bound is wide, since machines are shared and sanitizers slow.
TEST(Measure, SpeedOnTheMiniLab) {
  const search::Population some = population(10, 20);
  for (const Composition composition : {Composition::factor, Composition::product}) {
    const search::Measure measured = measure(composition);
    const search::TileShape shape{.candidates = 10, .examples = 5};
    values(measured, some, shape);
    const double before = base::process_seconds();
    for (int generation = 0; generation < 10; ++generation) values(measured, some, shape);
    const double seconds = 4 * (base::process_seconds() - before);
    RecordProperty(study::name(composition), base::format("{:.2f} s for 400 evaluations", seconds));
    EXPECT_LT(seconds, 40);
  }
}

}  // namespace
}  // namespace lorahub::objective
