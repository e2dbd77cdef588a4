#include "objective/passes.hpp"

#include <gtest/gtest.h>

#include "lab.hpp"
#include "tensor/threads.hpp"

namespace lorahub::objective {
namespace {

struct PassingSetting {
  LoadedModel loaded = objective::lab_model();
  lora::Pool pool = objective::pool(loaded.model->architecture(), 6);
  std::vector<model::Tokens> pairs = tokenize(*loaded.tokenizer, shots("D1_min_letter", 5));
  lora::Composer compose{pool, study::Composition::factor, at::kFloat};
};

std::span<const double> first(const search::Population& all, int candidates) {
  return std::span(all.weights).first(static_cast<size_t>(candidates * all.dim));
}

// Asks for shapes in any order, each again and again.
TEST(Passes, AreTheLossesOfTheMixtures) {
  const PassingSetting s;
  Passes passes({.model = *s.loaded.model}, s.compose, s.pairs);
  const search::Population some = population(4, 6);
  for (const auto& [candidates, from, count] :
       {std::tuple{4, 0, 5}, {1, 0, 5}, {4, 2, 3}, {4, 0, 5}, {1, 0, 5}, {4, 0, 5}}) {
    const ExampleRun run{.first = static_cast<size_t>(from), .count = static_cast<size_t>(count)};
    const auto examples = std::span(s.pairs).subspan(run.first, run.count);
    const auto weights = first(some, candidates);
    EXPECT_EQ(passes(weights, run), s.loaded.model->loss_sums(s.compose(weights), examples));
  }
}

TEST(Passes, OfSeveralThreadsDoNotMix) {
  const PassingSetting s;
  Passes passes({.model = *s.loaded.model}, s.compose, s.pairs);
  const search::Population some = population(12, 6);
  std::vector<std::vector<double>> sums(12);
  tensor::share(3, 12, [&](int p) {
    sums[static_cast<size_t>(p)] = passes(some.row(p), {.first = 0, .count = 2});
  });
  for (int p = 0; p < 12; ++p)
    EXPECT_EQ(sums[static_cast<size_t>(p)],
              s.loaded.model->loss_sums(s.compose(some.row(p)), std::span(s.pairs).first(2)));
}

// Weights that can't be mixed leave nothing behind.
TEST(Passes, GoOnAfterAnError) {
  const PassingSetting s;
  Passes passes({.model = *s.loaded.model}, s.compose, s.pairs);
  const search::Population good = population(1, 6);
  const std::vector<double> before = passes(good.row(0), {.first = 0, .count = 5});
  EXPECT_ANY_THROW(passes(std::vector<double>(6, 1e300), {.first = 0, .count = 5}));
  EXPECT_EQ(passes(good.row(0), {.first = 0, .count = 5}), before);
}

}  // namespace
}  // namespace lorahub::objective
