#include "model/llama/loss_batch.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/llama/loss.hpp"
#include "model/llama/reference.hpp"
#include "model/llama/tiny_models.hpp"

namespace lorahub::model::llama {
namespace {

using test::tiny_adapter;
using test::tiny_model;

// The examples of a tiny model behind `shared` more tokens, the same for all.
std::vector<Tokens> behind(const test::TinyModel& tiny, size_t shared) {
  std::vector<Tokens> pairs = tiny.pairs;
  Ids prefix;
  for (size_t i = 0; i < shared; ++i) prefix.push_back(static_cast<int64_t>(3 + 7 * i % 70));
  for (Tokens& pair : pairs) pair.source.insert(pair.source.begin(), prefix.begin(), prefix.end());
  return pairs;
}

int64_t all_rows(std::span<const Tokens> pairs) {
  int64_t rows = 0;
  for (const Tokens& pair : pairs) rows += std::ssize(pair.source) + std::ssize(pair.target) - 1;
  return rows;
}

// Each example alone, where nothing is shared, and by the network in its plainest form.
void expect_each_alone(const Network& network, const Adapter& adapter,
                       std::span<const Tokens> pairs) {
  const std::vector<double> sums = loss_sums(network, adapter, pairs);
  for (int p = 0; p < adapter.candidates; ++p) {
    const Adapter one = candidates(adapter, p, 1);
    const at::Tensor plain = reference::loss_sums(network, one, pairs).to(at::kDouble);
    for (size_t k = 0; k < pairs.size(); ++k) {
      const double alone = loss_sums(network, one, pairs.subspan(k, 1))[0];
      const double sum = sums[static_cast<size_t>(p) * pairs.size() + k];
      EXPECT_NEAR(sum, alone, 1e-5 * alone) << p << " " << k;
      EXPECT_NEAR(sum, plain[static_cast<int64_t>(k)].item<double>(), 2e-5 * alone) << p << k;
    }
  }
}

class LlamaPrefix : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(TinyModels, LlamaPrefix, testing::ValuesIn(test::kTinyModels),
                         [](const auto& name) { return std::string(name.param); });

TEST_P(LlamaPrefix, WhatAllExamplesBeginWithIsComputedOnceWithTheSameLosses) {
  const test::TinyModel tiny = tiny_model(GetParam());
  const Network network = tiny.network();
  const std::vector<Tokens> pairs = behind(tiny, 40);
  const int64_t saved = 40 * (std::ssize(pairs) - 1);
  ASSERT_EQ(pack(network, pairs).rows.rows, all_rows(pairs) - saved);
  expect_each_alone(network, tiny_adapter(network.config, 3), pairs);
}

// Options of one question: all but the last token of the prompt is shared.
TEST(LlamaLossBatch, OnePromptWithSeveralTargetsIsComputedOnce) {
  const test::TinyModel tiny = tiny_model("mistral");
  const Network network = tiny.network();
  std::vector<Tokens> pairs;
  for (const Tokens& pair : tiny.pairs)
    pairs.push_back({.source = tiny.pairs[3].source, .target = pair.target});
  const int64_t prompt = std::ssize(pairs[0].source), count = std::ssize(pairs);
  ASSERT_EQ(pack(network, pairs).rows.rows, all_rows(pairs) - (count - 1) * (prompt - 1));
  expect_each_alone(network, tiny_adapter(network.config, 2), pairs);
}

// The last token of a prompt asks for the first target: it is never shared.
TEST(LlamaLossBatch, APromptThatAnotherBeginsWithKeepsItsLastToken) {
  const test::TinyModel tiny = tiny_model("qwen3");
  const Network network = tiny.network();
  Tokens longer = tiny.pairs[3], shorter = longer;
  shorter.source.resize(30);
  const std::vector<Tokens> pairs{longer, shorter};
  ASSERT_EQ(pack(network, pairs).rows.rows, all_rows(pairs) - 29);
  expect_each_alone(network, tiny_adapter(network.config, 1), pairs);
}

TEST(LlamaLossBatch, ATokenOrTwoAreNotWorthSharing) {
  const test::TinyModel tiny = tiny_model("llama");
  const std::vector<Tokens> pairs{{.source = Ids(100, 5), .target = {7}},
                                  {.source = Ids(90, 6), .target = {7}}};
  std::vector<Tokens> begun = pairs;
  for (Tokens& pair : begun) pair.source.insert(pair.source.begin(), 1);  // as many tokenizers do
  const LossBatch batch = pack(tiny.network(), begun);
  EXPECT_EQ(batch.rows.rows, all_rows(begun));
  EXPECT_FALSE(batch.seen_rows.defined());
}

TEST(LlamaLossBatch, SharedRowsGiveTheSameBitsTwice) {
  const test::TinyModel tiny = tiny_model("qwen2");
  const Network network = tiny.network();
  const std::vector<Tokens> pairs = behind(tiny, 25);
  const Adapter adapter = tiny_adapter(network.config, 5);
  EXPECT_EQ(loss_sums(network, adapter, pairs), loss_sums(network, adapter, pairs));
}

}  // namespace
}  // namespace lorahub::model::llama
