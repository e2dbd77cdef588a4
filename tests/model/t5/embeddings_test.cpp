// Models whose files hold several embeddings, against transformers in f64
// (tests/golden/t5_embeddings.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/files.hpp"
#include "checkpoint/mapped.hpp"
#include "model/models.hpp"
#include "model/t5/generate.hpp"
#include "model/t5/reference.hpp"
#include "tensor/values.hpp"

namespace lorahub::model::t5 {
namespace {

using checkpoint::testing::Folder;
using nlohmann::json;
using test::Golden;
using test::golden;

constexpr size_t kExamples = 4;

const json& cases() {
  static const json all = test::read_golden("embeddings").at("cases");
  return all;
}

// The tensors of the case's file.
checkpoint::Tensors tensors(const json& c) {
  const json j = test::read_golden(c.at("base").get<std::string>());
  const T5Config config = test::golden_config(j.at("config"));
  checkpoint::Tensors all = test::hash_model(config, test::Head::tied);
  all.erase("shared.weight");
  for (const auto& [file, values] : c.at("tensors").items()) {
    const bool head = file == "lm_head.weight" && values != "one";
    all[file] = test::hashed(values, {config.vocabulary, config.d_model},
                             half_width(head ? file : "shared.weight", config));
  }
  return all;
}

Golden example(const json& c) {
  Golden g = golden(c.at("base").get<std::string>());
  g.pairs.resize(kExamples);
  return g;
}

void expect_losses(const Network& network, const json& c, double tolerance) {
  const Golden g = example(c);
  const bool exact = network.embedding.scalar_type() == at::kDouble;
  std::vector<double> sums;
  if (exact) {
    const at::Tensor slow = reference::loss_sums(network, {}, g.pairs);
    sums.assign(slow.const_data_ptr<double>(), slow.const_data_ptr<double>() + kExamples);
  } else {
    sums = loss_sums(network, {}, g.pairs);
  }
  for (size_t k = 0; k < kExamples; ++k) {
    const double want = c.at("loss_sum")[k];
    EXPECT_NEAR(sums[k], want, tolerance * std::max(1.0, want)) << c.at("name") << " example " << k;
  }
}

TEST(Embeddings, AreUsedAndTiedAsTransformersTiesThem) {
  ASSERT_EQ(cases().size(), 18U);
  for (const json& c : cases()) {
    const T5Config config = example(c).config;
    expect_losses(build(config, tensors(c), {.dtype = at::kDouble}), c, 1e-12);
    expect_losses(build(config, tensors(c), {}), c, 1e-5);
  }
}

TEST(Embeddings, AnswersAreThoseOfTransformers) {
  for (const json& c : cases()) {
    const Golden g = example(c);
    std::vector<Ids> sources;
    for (const Tokens& pair : g.pairs) sources.push_back(pair.source);
    const Network network = build(g.config, tensors(c), {});
    const std::vector<Ids> answers = generate(network, {}, sources, {8});
    ASSERT_GT(c.at("gap").get<double>(), 1e-4) << c.at("name");
    for (size_t k = 0; k < kExamples; ++k) {
      Ids want = c.at("greedy")[k];
      if (want.back() == g.config.eos) want.pop_back();
      EXPECT_EQ(answers[k], want) << c.at("name") << " example " << k;
    }
  }
}

// What is written by these names is the same network when it is read again.
TEST(Embeddings, NamesOfANetworkReadBackAsTheSameNetwork) {
  for (const json& c : cases()) {
    const T5Config config = example(c).config;
    Network network = build(config, tensors(c), {.dtype = at::kDouble});
    checkpoint::Tensors written;
    for (const auto& [name, tensor] : named(network)) written[name] = *tensor;
    const Network again = build(config, written, {.dtype = at::kDouble});
    expect_losses(again, c, 1e-12);
    const Ties before = ties(network), after = ties(again);
    EXPECT_EQ(after.decoder, before.decoder) << c.at("name");
    EXPECT_EQ(after.head, before.head) << c.at("name");
    EXPECT_EQ(after.head_to_decoder, before.head_to_decoder) << c.at("name");
  }
}

// As they come from a file, in both types: copies are left out, others are kept and converted.
TEST(Embeddings, OfAFileInBothTypes) {
  for (const json& c : cases()) {
    const Folder folder;
    const T5Config config = example(c).config;
    checkpoint::write_safetensors(folder / "model.safetensors", tensors(c));
    const checkpoint::Tensors read = checkpoint::read_model_weights(folder.path());
    expect_losses(build(config, read, {}), c, 1e-5);
    const Network narrow = build(config, checkpoint::in_dtype(read, {.dtype = at::kBFloat16}, ""),
                                 {.dtype = at::kBFloat16});
    const Network wide = build(config, read, {});
    const Ties in_f32 = ties(wide), in_bf16 = ties(narrow);
    EXPECT_EQ(in_bf16.decoder, in_f32.decoder) << c.at("name");
    EXPECT_EQ(in_bf16.head, in_f32.head) << c.at("name");
    EXPECT_TRUE(
        tensor::same_values(narrow.decoder_embedding, wide.decoder_embedding.to(at::kBFloat16)));
  }
}

TEST(Embeddings, ATiedTensorIsReplacedWithTheOther) {
  for (const json& c : cases()) {
    Network network = build(example(c).config, tensors(c), {});
    const Ties before = ties(network);
    for (const auto& [name, tensor] : named(network)) *tensor = tensor->clone();
    tie(network, before);
    expect_losses(network, c, 1e-5);
    EXPECT_EQ(ties(network).head, before.head);
    EXPECT_EQ(ties(network).decoder, before.decoder);
  }
}

}  // namespace
}  // namespace lorahub::model::t5
