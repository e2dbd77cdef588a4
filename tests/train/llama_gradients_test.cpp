// Gradients of decoder-only models against transformers and PEFT in f64
// (tests/golden/llama_peft_golden.py).
#include <gtest/gtest.h>

#include "golden.hpp"
#include "model/llama/model.hpp"
#include "model/llama/tiny_models.hpp"
#include "train/gradients.hpp"

namespace lorahub::train {
namespace {

constexpr const char* kDecoderCases[] = {"lora_llama", "lora_qwen3", "ia3_qwen2", "full_qwen2",
                                         "full_qwen3"};

struct DecoderCase {
  nlohmann::json expected;
  lorahub::test::TinyModel tiny;
  Trainable trainable;
};

ModelPointer decoder(const lorahub::test::TinyModel& tiny, at::ScalarType dtype) {
  const bool half = dtype == at::kBFloat16;
  ModelPointer model = model::llama::as_model(tiny.network({.dtype = half ? dtype : at::kFloat}));
  if (dtype != at::kDouble) return model;
  std::map<std::string, at::Tensor> wide;
  for (const auto& [name, tensor] : model->tensors()) wide[name] = tensor.to(at::kDouble);
  return model->with(wide);
}

Trainable decoder_trainable(const std::string& name, const nlohmann::json& expected,
                            const ModelPointer& model) {
  if (name.starts_with("ia3")) return ia3(model);
  if (name.starts_with("full")) return full(model, model->dtype());
  const LoraShape shape{.rank = expected.at("rank"),
                        .alpha = expected.at("alpha"),
                        .targets = expected.at("targets")};
  return lora(model, shape, 1);
}

DecoderCase decoder_case(const std::string& name, at::ScalarType dtype = at::kFloat) {
  DecoderCase c{.expected = test::read_golden("llama_peft/train_" + name)};
  c.tiny = lorahub::test::tiny_model(c.expected.at("model"));
  c.trainable = decoder_trainable(name, c.expected, decoder(c.tiny, dtype));
  test::start(c.trainable, 0.15);
  return c;
}

TEST(DecoderLora, AdaptsQueriesAndValuesWhereNothingElseIsAskedFor) {
  const ModelPointer model = decoder(lorahub::test::tiny_model("llama"), at::kFloat);
  const Trainable usual = lora(model, {.rank = 2, .alpha = 4, .targets = {}}, 1);
  const Trainable named = lora(model, {.rank = 2, .alpha = 4, .targets = {"q_proj", "v_proj"}}, 1);
  ASSERT_EQ(usual.parameters.size(), named.parameters.size());
  ASSERT_FALSE(usual.parameters.empty());
  for (size_t i = 0; i < usual.parameters.size(); ++i)
    EXPECT_EQ(usual.parameters[i].name, named.parameters[i].name);
}

TEST(DecoderGradients, AreThoseOfTransformersAndPeft) {
  for (const std::string name : kDecoderCases) {
    SCOPED_TRACE(name);
    const DecoderCase c = decoder_case(name);
    const Gradients found = gradients(c.trainable, c.tiny.pairs, {}, 2);
    EXPECT_NEAR(found.loss_sum / static_cast<double>(found.tokens), c.expected.at("loss"), 1e-4);
    const double worst =
        test::expect_gradients(c.trainable, found.of_mean, c.expected.at("gradients"), 1e-4);
    RecordProperty(name, base::format("{:.1e}", worst));
  }
}

// In f64 nothing but the angles of the rotation is rounded to f32.
TEST(DecoderGradients, InF64AreThoseOfTransformersToManyDigits) {
  for (const std::string name : kDecoderCases) {
    SCOPED_TRACE(name);
    DecoderCase c = decoder_case(name, at::kDouble);
    for (Parameter& p : c.trainable.parameters) p.value = p.value.to(at::kDouble);
    const Gradients found = gradients(c.trainable, c.tiny.pairs, {}, 1);
    test::expect_gradients(c.trainable, found.of_mean, c.expected.at("gradients"), 1e-6);
  }
}

// Each product is rounded to 2^-9, which the network amplifies.
TEST(DecoderGradients, InBf16AreNearThoseOfF32) {
  for (const std::string name : kDecoderCases) {
    SCOPED_TRACE(name);
    const DecoderCase c = decoder_case(name, at::kBFloat16);
    const Gradients found = gradients(c.trainable, c.tiny.pairs, {}, 1);
    test::expect_gradients(c.trainable, found.of_mean, c.expected.at("gradients"), 0.2);
  }
}

TEST(DecoderGradients, AreSlopesOfTheLossWithDropoutToo) {
  for (const std::string name : kDecoderCases) {
    DecoderCase c = decoder_case(name, at::kDouble);
    const std::span rows = std::span(c.tiny.pairs).subspan(1, 3);
    for (Parameter& p : c.trainable.parameters) p.value = p.value.to(at::kDouble);
    const test::Slope slope =
        test::slope(c.trainable, rows, {.model = 0.2, .adapter = 0.3, .seed = 3, .step = 1});
    EXPECT_NEAR(slope.measured, slope.told, 1e-4 * std::abs(slope.told)) << name;
  }
}

TEST(DecoderGradients, HaveTheSameBitsForAnyNumberOfThreads) {
  const DecoderCase c = decoder_case("lora_qwen3");
  std::vector<model::Tokens> rows;  // several tiles
  for (int copy = 0; copy < 24; ++copy)
    rows.insert(rows.end(), c.tiny.pairs.begin(), c.tiny.pairs.end());
  ASSERT_GT(tiles(rows).size(), 2U);
  const Noise noise{.model = 0.1, .adapter = 0.1, .seed = 1, .step = 0};
  const Gradients one = gradients(c.trainable, rows, noise, 1);
  const Gradients several = gradients(c.trainable, rows, noise, 3);
  EXPECT_EQ(one.loss_sum, several.loss_sum);
  for (size_t i = 0; i < one.of_mean.size(); ++i)
    EXPECT_TRUE(at::equal(one.of_mean[i], several.of_mean[i]));
}

}  // namespace
}  // namespace lorahub::train
