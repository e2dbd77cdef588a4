#include "objective/objective.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "lab.hpp"

namespace lorahub::objective {
namespace {

using study::LossKind;
using study::PenaltyKind;
using testing::ElementsAre;

const search::Sums kSums{.examples = 3, .values = {2, 3, 7, 4, 0, 1}};
const std::vector<int> kTokens = {2, 1, 5};
const search::Population kPopulation{.dim = 4, .weights = {0.5, -1, 0, 0.25, 0, 0, 0, 0}};

search::Losses losses(LossKind loss, PenaltyKind kind = PenaltyKind::none, double weight = 0.05) {
  return reduce(kSums, kTokens, kPopulation,
                {.kind = loss, .penalty = {.kind = kind, .weight = weight}});
}

TEST(Reduce, OfficialIsTheTokenMeanOverTheNumberOfExamples) {
  EXPECT_THAT(losses(LossKind::official), ElementsAre(12.0 / 8 / 3, 5.0 / 8 / 3));
}

TEST(Reduce, OfficialBatchesAddTheirTokenMeans) {
  const auto of = [](int batch) {
    return reduce(kSums, kTokens, kPopulation,
                  {.penalty = {.kind = PenaltyKind::none}, .batch = batch});
  };
  EXPECT_THAT(of(2), ElementsAre((5.0 / 3 + 7.0 / 5) / 3, (4.0 / 3 + 1.0 / 5) / 3));
  EXPECT_THAT(of(1), ElementsAre((2.0 / 2 + 3.0 / 1 + 7.0 / 5) / 3, (4.0 / 2 + 0 + 1.0 / 5) / 3));
  EXPECT_EQ(of(3), of(0));
  EXPECT_EQ(of(99), of(0));
}

TEST(Reduce, TokenMean) {
  EXPECT_THAT(losses(LossKind::token_mean), ElementsAre(12.0 / 8, 5.0 / 8));
}

TEST(Reduce, ExampleMean) {
  EXPECT_THAT(losses(LossKind::example_mean),
              ElementsAre((2.0 / 2 + 3.0 / 1 + 7.0 / 5) / 3, (4.0 / 2 + 0 + 1.0 / 5) / 3));
}

TEST(Reduce, AddsThePenaltyOfEachCandidate) {
  EXPECT_THAT(losses(LossKind::token_mean, PenaltyKind::l1_mean, 0.05),
              ElementsAre(1.5 + 0.05 * 1.75 / 4, 5.0 / 8));
}

// LoraHub's default: loss / examples + 0.05 * sum |w| / N.
TEST(Reduce, DefaultsAreTheOfficialOnes) {
  const search::Losses got = reduce(kSums, kTokens, kPopulation, {});
  EXPECT_DOUBLE_EQ(got[0], 12.0 / 8 / 3 + 0.05 * (0.5 + 1 + 0.25) / 4);
}

TEST(Penalty, ClosedForms) {
  const std::vector<double> w = {0.5, -1, 0, 0.25};
  EXPECT_DOUBLE_EQ(penalty(w, {.kind = PenaltyKind::l1_mean, .weight = 0.2}), 0.2 * 1.75 / 4);
  EXPECT_DOUBLE_EQ(penalty(w, {.kind = PenaltyKind::l1_sum, .weight = 0.2}), 0.2 * 1.75);
  EXPECT_DOUBLE_EQ(penalty(w, {.kind = PenaltyKind::l2, .weight = 0.2}), 0.2 * (0.25 + 1 + 0.0625));
  EXPECT_EQ(penalty(w, {.kind = PenaltyKind::none, .weight = 0.2}), 0);
  EXPECT_EQ(penalty({}, {}), 0);
}

TEST(Reduce, NaNStaysNaNAndInfinityInfinity) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               inf = std::numeric_limits<double>::infinity();
  for (const LossKind kind : {LossKind::official, LossKind::token_mean, LossKind::example_mean}) {
    const search::Losses got = reduce({.examples = 3, .values = {1, nan, 2, inf, 1, 1}}, kTokens,
                                      kPopulation, {.kind = kind, .penalty = {}});
    EXPECT_TRUE(std::isnan(got[0]));
    EXPECT_EQ(got[1], inf);
  }
}

// Two candidates: cross entropies of three shots, and then the errors of the three answers.
const search::Sums kAnswered{.examples = 6, .values = {2, 3, 7, 0, 1, 1, 4, 0, 1, 0.5, 0, 0.25}};

TEST(Reduce, AccuracyIsMissesAndTheOfficialLossBetweenThem) {
  const LossRule rule{.kind = LossKind::accuracy, .penalty = {.weight = 0.2}};
  const search::Losses got = reduce(kAnswered, kTokens, kPopulation, rule);
  const double first = 12.0 / 8 / 3 + 0.2 * 1.75 / 4, second = 5.0 / 8 / 3;
  EXPECT_DOUBLE_EQ(got[0], (2 + first / (1 + first)) / 3);
  EXPECT_DOUBLE_EQ(got[1], (0.75 + second / (1 + second)) / 3);
}

TEST(Reduce, SimilarityWeighsTheOfficialLossByAHundredth) {
  const LossRule rule{.kind = LossKind::similarity, .penalty = {.kind = PenaltyKind::none}};
  const search::Losses got = reduce(kAnswered, kTokens, kPopulation, rule);
  EXPECT_DOUBLE_EQ(got[0], (2 + 0.01 * 0.5 / 1.5) / 3);
  const double second = 5.0 / 8 / 3;
  EXPECT_DOUBLE_EQ(got[1], (0.75 + 0.01 * second / (1 + second)) / 3);
}

// Whatever the losses and penalties are, one more right answer wins; equal ones go by the official
// loss with its penalty.
TEST(Reduce, AccuracyOrdersByMissesAndThenByTheOfficialLoss) {
  base::Stream stream(1, "accuracy");
  search::Sums sums{.examples = 6, .values = {}};
  search::Population some{.dim = 4, .weights = {}};
  std::vector<int> misses;
  for (int p = 0; p < 200; ++p) {
    for (int k = 0; k < 3; ++k) sums.values.push_back(std::exp(20 * stream.uniform() - 10));
    misses.push_back(0);
    for (int k = 0; k < 3; ++k) {
      sums.values.push_back(stream.uniform() < 0.5 ? 0 : 1);
      misses.back() += static_cast<int>(sums.values.back());
    }
    for (int n = 0; n < 4; ++n) some.weights.push_back(3 * stream.uniform() - 1.5);
  }
  search::Sums entropies{.examples = 3, .values = {}};
  for (size_t i = 0; i < sums.values.size(); ++i)
    if (i % 6 < 3) entropies.values.push_back(sums.values[i]);
  const search::Losses official = reduce(entropies, kTokens, some, {});
  const search::Losses got = reduce(sums, kTokens, some, {.kind = LossKind::accuracy});
  for (size_t a = 0; a < got.size(); ++a)
    for (size_t b = 0; b < got.size(); ++b)
      EXPECT_EQ(got[a] < got[b],
                std::pair(misses[a], official[a]) < std::pair(misses[b], official[b]));
}

TEST(Reduce, AnswersDoNotHideALossThatIsNoNumber) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               inf = std::numeric_limits<double>::infinity();
  for (const LossKind kind : {LossKind::accuracy, LossKind::similarity}) {
    const search::Losses got =
        reduce({.examples = 6, .values = {1, nan, 2, 0, 0, 0, inf, 1, 1, 0, 0, 0}}, kTokens,
               kPopulation, {.kind = kind});
    EXPECT_TRUE(std::isnan(got[0]));
    EXPECT_EQ(got[1], inf);
  }
}

TEST(Tokenize, IdsOfBothSidesWithTheirEnd) {
  const auto loaded = text::load_tokenizer(kModel);
  const text::Tokenizer& tokenizer = *loaded;
  const std::vector<task::Example> examples = {{"these words - dog cat", "( B )"}, {"", "dog"}};
  const std::vector<model::Tokens> pairs = tokenize(tokenizer, examples);
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].source, tokenizer.encode("these words - dog cat"));
  EXPECT_EQ(pairs[0].target, tokenizer.encode("( B )"));
  EXPECT_EQ(pairs[0].target.back(), 1);
  EXPECT_THAT(pairs[1].source, ElementsAre(1));
}

TEST(Tokenize, CutsAt2048AsTheOfficialCode) {
  const auto loaded = text::load_tokenizer(kModel);
  const text::Tokenizer& tokenizer = *loaded;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += " dog";
  const std::vector<model::Tokens> pairs =
      tokenize(tokenizer, std::vector<task::Example>{{text, text}});
  EXPECT_EQ(pairs[0].source.size(), 2048U);
  EXPECT_EQ(pairs[0].target.size(), 2048U);
  EXPECT_EQ(pairs[0].source.back(), 1);
}

}  // namespace
}  // namespace lorahub::objective
