#include "model/llama/loss.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.hpp"
#include "model/llama/reference.hpp"
#include "model/llama/tiny_models.hpp"
#include "tensor/cuda/cuda_graph.hpp"
#include "tensor/with_gpu.hpp"

namespace lorahub::model::llama {
namespace {

using test::tiny_adapter;
using test::tiny_model;
using test::TinyModel;

constexpr double kTolerance = 1e-5;  // relative

void expect_losses(const std::vector<double>& sums, const nlohmann::json& examples) {
  ASSERT_EQ(sums.size(), examples.size());
  double worst = 0;
  for (size_t k = 0; k < sums.size(); ++k) {
    const double exact = examples[k].at("loss_sum");
    EXPECT_NEAR(sums[k], exact, kTolerance * exact) << "example " << k;
    worst = std::max(worst, std::abs(sums[k] - exact) / exact);
  }
  testing::Test::RecordProperty("worst_relative_error", std::to_string(worst));
}

class LlamaGolden : public testing::TestWithParam<const char*> {};

TEST_P(LlamaGolden, LossSumsAreThoseOfTransformers) {
  const TinyModel tiny = tiny_model(GetParam());
  expect_losses(loss_sums(tiny.network(), {}, tiny.pairs), tiny.examples);
}

TEST_P(LlamaGolden, TheReferenceNetworkHasTheSameLossSums) {
  const TinyModel tiny = tiny_model(GetParam());
  const at::Tensor sums = reference::loss_sums(tiny.network(), {}, tiny.pairs).to(at::kDouble);
  expect_losses({sums.const_data_ptr<double>(), sums.const_data_ptr<double>() + sums.numel()},
                tiny.examples);
}

TEST_P(LlamaGolden, EveryCandidateOfAPopulationIsTheReferenceWithItsAdapter) {
  const TinyModel tiny = tiny_model(GetParam());
  const Network network = tiny.network();
  const Adapter adapter = tiny_adapter(network.config, 3);
  const std::vector<double> base = loss_sums(network, {}, tiny.pairs);
  const std::vector<double> sums = loss_sums(network, adapter, tiny.pairs);
  ASSERT_EQ(sums.size(), 3 * tiny.pairs.size());
  for (int p = 0; p < 3; ++p) {
    const at::Tensor expected =
        reference::loss_sums(network, candidates(adapter, p, 1), tiny.pairs).to(at::kDouble);
    double moved = 0;
    for (size_t k = 0; k < tiny.pairs.size(); ++k) {
      const double exact = expected[static_cast<int64_t>(k)].item<double>();
      EXPECT_NEAR(sums[static_cast<size_t>(p) * tiny.pairs.size() + k], exact, 2e-5 * exact);
      moved += std::abs(exact - base[k]);
    }
    EXPECT_GT(moved, 1.0);  // the adapters matter
  }
}

TEST_P(LlamaGolden, on_a_gpu_loss_sums_are_those_of_transformers) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  const TinyModel tiny = tiny_model(GetParam());
  expect_losses(loss_sums(tiny.network({.device = base::Device::cuda}), {}, tiny.pairs),
                tiny.examples);
}

TEST_P(LlamaGolden, on_a_gpu_a_graph_replays_the_losses_of_each_population) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  const TinyModel tiny = tiny_model(GetParam());
  const Network network = tiny.network({.dtype = at::kBFloat16, .device = base::Device::cuda});
  Adapter adapter = tiny_adapter(network.config, 3);
  for (LowRank& low : adapter.slots)
    for (at::Tensor* factor : {&low.a, &low.b}) *factor = factor->to(at::kCUDA, at::kBFloat16);
  const LossBatch batch = pack(network, tiny.pairs);
  const auto losses = [&](const at::Tensor& size) {
    Adapter scaled = adapter;
    for (LowRank& low : scaled.slots) low.b = (low.b * size).to(at::kBFloat16);
    return token_losses(network, scaled, batch);
  };
  tensor::CudaGraph recorded(base::Device::cuda, losses);
  for (int call = 0; call < 4; ++call) {
    const at::Tensor size = at::full({1}, 0.3 * call, at::kFloat);
    EXPECT_TRUE(at::equal(recorded(size), losses(size.to(at::kCUDA)).cpu())) << call;
    EXPECT_EQ(recorded.is_recorded(), call >= 1) << call;
  }
}

INSTANTIATE_TEST_SUITE_P(TinyModels, LlamaGolden, testing::ValuesIn(test::kTinyModels),
                         [](const auto& name) { return std::string(name.param); });

TEST(LlamaLoss, AnExampleInABatchIsAnExampleAlone) {
  const TinyModel tiny = tiny_model("qwen3");
  const Network network = tiny.network();
  const std::vector<double> together = loss_sums(network, {}, tiny.pairs);
  for (size_t k = 0; k < tiny.pairs.size(); ++k)
    EXPECT_NEAR(together[k], loss_sums(network, {}, std::span(tiny.pairs).subspan(k, 1))[0],
                1e-6 * together[k]);
}

TEST(LlamaLoss, ACandidateOfAPopulationIsTheCandidateAlone) {
  const TinyModel tiny = tiny_model("mistral");
  const Network network = tiny.network();
  const Adapter adapter = tiny_adapter(network.config, 20);  // more rows than are computed together
  const std::vector<double> sums = loss_sums(network, adapter, tiny.pairs);
  for (const int p : {0, 7, 19}) {
    const std::vector<double> alone = loss_sums(network, candidates(adapter, p, 1), tiny.pairs);
    for (size_t k = 0; k < alone.size(); ++k)
      EXPECT_NEAR(sums[static_cast<size_t>(p) * alone.size() + k], alone[k], 1e-6 * alone[k]);
  }
}

TEST(LlamaLoss, TheSameCallGivesTheSameBits) {
  const TinyModel tiny = tiny_model("qwen2");
  const Network network = tiny.network();
  const Adapter adapter = tiny_adapter(network.config, 5);
  EXPECT_EQ(loss_sums(network, adapter, tiny.pairs), loss_sums(network, adapter, tiny.pairs));
}

// Factors shared by the population, with a scale for each candidate, against scales written into a.
TEST(LlamaLoss, ScaledSharedFactorsAreFactorsOfTheirOwn) {
  const TinyModel tiny = tiny_model("llama");
  const Network network = tiny.network();
  Adapter shared = tiny_adapter(network.config, 1), own{.candidates = 3, .slots = {}};
  shared.candidates = 3;
  int slot = 0;
  for (LowRank& low : shared.slots) {
    low.scale = test::hashed(base::format("scale.{}", slot++), {3, 4}, 1.5);
    own.slots.push_back({.a = low.a * low.scale.unsqueeze(2), .b = low.b, .scale = {}});
  }
  const std::vector<double> expected = loss_sums(network, own, tiny.pairs);
  const std::vector<double> sums = loss_sums(network, shared, tiny.pairs);
  for (size_t i = 0; i < sums.size(); ++i) EXPECT_NEAR(sums[i], expected[i], 1e-5 * expected[i]);
  EXPECT_GT(std::abs(sums[0] - sums[tiny.pairs.size()]), 1e-3);  // candidates differ
}

TEST(LlamaLoss, Bf16IsNearF32) {
  const TinyModel tiny = tiny_model("qwen3");
  const std::vector<double> full = loss_sums(tiny.network(), {}, tiny.pairs);
  const std::vector<double> half =
      loss_sums(tiny.network({.dtype = at::kBFloat16}), {}, tiny.pairs);
  for (size_t k = 0; k < full.size(); ++k) {
    EXPECT_NEAR(half[k], full[k], 0.03 * full[k]);
    EXPECT_NE(half[k], full[k]);
  }
}

TEST(LlamaLoss, WhatTheNetworkCannotReadIsRefused) {
  const Network network = tiny_model("llama").network();
  const auto complaint = [&](Tokens example) {
    return checkpoint::testing::message([&] { loss_sums(network, {}, std::span(&example, 1)); });
  };
  EXPECT_THAT(complaint({.source = {}, .target = {1}}), testing::HasSubstr("an empty source"));
  EXPECT_THAT(complaint({.source = {1}, .target = {90}}),
              testing::HasSubstr("token 90 of a target"));
  EXPECT_THAT(complaint({.source = Ids(256, 3), .target = {4}}),
              testing::HasSubstr("has 257 tokens (the model was made for 256"));
}

}  // namespace
}  // namespace lorahub::model::llama
