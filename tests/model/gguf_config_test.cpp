#include "model/gguf_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "base/check.hpp"

namespace lorahub::model {
namespace {

using gguf::GgufFile;
using gguf::StoredTensor;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::map<std::string, gguf::MetadataValue> llama_values() {
  return {{"general.architecture", std::string("llama")},
          {"llama.block_count", int64_t{2}},
          {"llama.context_length", int64_t{128}},
          {"llama.embedding_length", int64_t{64}},
          {"llama.feed_forward_length", int64_t{96}},
          {"llama.attention.head_count", int64_t{4}},
          {"llama.attention.head_count_kv", int64_t{2}},
          {"llama.attention.layer_norm_rms_epsilon", 1e-5},
          {"llama.rope.freq_base", 500000.0},
          {"llama.rope.dimension_count", int64_t{16}},
          {"llama.vocab_size", int64_t{100}},
          {"tokenizer.ggml.eos_token_id", int64_t{2}}};
}

StoredTensor tensor(const std::string& name, std::vector<int64_t> sizes,
                    std::string_view bytes = {}) {
  return {.name = name,
          .sizes = std::move(sizes),
          .type = {.number = 0, .name = "F32", .plain = gguf::Plain::f32, .blocks = {}},
          .bytes = bytes};
}

GgufFile file(std::map<std::string, gguf::MetadataValue> values,
              std::vector<StoredTensor> tensors = {tensor("token_embd.weight", {100, 64})}) {
  return {.mapped = nullptr,
          .metadata = gguf::Metadata("x.gguf", std::move(values)),
          .tensors = std::move(tensors)};
}

std::string refusal(const GgufFile& file) {
  try {
    gguf_config(file);
  } catch (const base::Error& error) {
    return error.what();
  }
  return "it is taken";
}

std::string refusal_with(const std::string& key, gguf::MetadataValue value) {
  auto values = llama_values();
  values[key] = std::move(value);
  return refusal(file(values));
}

TEST(GgufConfig, SaysWhatAConfigJsonWould) {
  const json expected{{"model_type", "llama"},
                      {"hidden_size", 64},
                      {"intermediate_size", 96},
                      {"num_hidden_layers", 2},
                      {"max_position_embeddings", 128},
                      {"rms_norm_eps", 1e-5},
                      {"vocab_size", 100},
                      {"num_attention_heads", 4},
                      {"num_key_value_heads", 2},
                      {"head_dim", 16},
                      {"rope_theta", 500000.0},
                      {"tie_word_embeddings", true},
                      {"attention_bias", false},
                      {"mlp_bias", false},
                      {"eos_token_id", {2}},
                      {"architectures", {"LlamaForCausalLM"}}};
  EXPECT_EQ(json::parse(gguf_config(file(llama_values()))), expected);
  auto values = llama_values();
  values["tokenizer.ggml.bos_token_id"] = int64_t{1};
  values["llama.attention.sliding_window"] = int64_t{48};
  const json mistral = json::parse(gguf_config(file(values)));
  EXPECT_EQ(mistral["bos_token_id"], 1);
  EXPECT_EQ(mistral["architectures"], json({"MistralForCausalLM"}));
}

TEST(GgufConfig, ReadsHeadsOfTheirOwnWidthSeparateHeadsAndTwoEnds) {
  std::map<std::string, gguf::MetadataValue> values;
  for (const auto& [key, value] : llama_values())
    values[key.starts_with("llama.") ? "qwen3" + key.substr(5) : key] = value;
  values["general.architecture"] = std::string("qwen3");
  values["qwen3.attention.key_length"] = values["qwen3.attention.value_length"] = int64_t{32};
  values["qwen3.rope.dimension_count"] = int64_t{32};
  values["tokenizer.ggml.eot_token_id"] = int64_t{7};
  const json config = json::parse(gguf_config(
      file(values, {tensor("token_embd.weight", {90, 64}), tensor("output.weight", {90, 64})})));
  EXPECT_EQ(config["model_type"], "qwen3");
  EXPECT_EQ(config["head_dim"], 32);
  EXPECT_EQ(config["vocab_size"], 90);
  EXPECT_EQ(config["tie_word_embeddings"], false);
  EXPECT_EQ(config["eos_token_id"], (json{2, 7}));
}

TEST(GgufConfig, ReadsTheSettingsOfRope) {
  auto values = llama_values();
  values["llama.rope.scaling.type"] = std::string("yarn");
  values["llama.rope.scaling.factor"] = 4.0;
  values["llama.rope.scaling.original_context_length"] = int64_t{32};
  const json config = json::parse(gguf_config(file(values)));
  EXPECT_EQ(
      config["rope_scaling"],
      (json{{"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 32}}));
  // llama.cpp multiplies the usual 0.1 ln(factor) + 1 by it.
  values["llama.rope.scaling.attn_factor"] = 1.0;
  EXPECT_EQ(json::parse(gguf_config(file(values)))["rope_scaling"], config["rope_scaling"]);
  values["llama.rope.scaling.attn_factor"] = 0.5;
  EXPECT_DOUBLE_EQ(json::parse(gguf_config(file(values)))["rope_scaling"]["attention_factor"],
                   0.5693147180559945);
  values = llama_values();
  values["llama.attention.sliding_window"] = int64_t{48};
  EXPECT_EQ(json::parse(gguf_config(file(values)))["model_type"], "mistral");
  EXPECT_EQ(json::parse(gguf_config(file(values)))["sliding_window"], 48);
}

// The factors that transformers' llama3 setting of factor 8 gives with theta 500000 and heads of 16
// values, as llama.cpp's converter writes them; computed by Python.
TEST(GgufConfig, TheFactorsOfLlama3AreReadAsItsSetting) {
  std::array<float, 8> factors{1, 1, 1, 1, 1, 8, 8, 8};
  const auto bytes = [&] {
    return std::string_view(reinterpret_cast<const char*>(factors.data()), sizeof factors);
  };
  const auto with_factors = [&] {
    return file(llama_values(), {tensor("token_embd.weight", {100, 64}),
                                 tensor("rope_freqs.weight", {8}, bytes())});
  };
  factors[4] = 2.6945302486419678F;
  const json config = json::parse(gguf_config(with_factors()));
  EXPECT_EQ(config["rope_scaling"], (json{{"rope_type", "llama3"},
                                          {"factor", 8.0},
                                          {"low_freq_factor", 1},
                                          {"high_freq_factor", 4},
                                          {"original_max_position_embeddings", 8192}}));
  factors[3] = 1.5;
  EXPECT_THAT(refusal(with_factors()),
              AllOf(HasSubstr("x.gguf: the factors of RoPE"), HasSubstr("not those of Llama 3")));
}

TEST(GgufConfig, HeadsOfAnAbsurdWidthAreRefusedWithoutMemoryForThem) {
  const std::string factors(8 * sizeof(float), 'x');
  for (const int64_t width : {int64_t{1} << 45, int64_t{1} << 62, int64_t{-16}}) {
    auto values = llama_values();
    values.erase("llama.rope.dimension_count");
    values["llama.attention.key_length"] = width;
    const gguf::GgufFile lying = file(values, {tensor("token_embd.weight", {100, 64}),
                                               tensor("rope_freqs.weight", {8}, factors)});
    EXPECT_THAT(refusal(lying), HasSubstr("x.gguf: the factors of RoPE"));
  }
}

TEST(GgufConfig, WhatIsNotKnownIsRefusedByItsKey) {
  EXPECT_THAT(refusal_with("general.architecture", std::string("gemma2")),
              HasSubstr("x.gguf: general.architecture is 'gemma2'"));
  EXPECT_THAT(refusal_with("llama.expert_count", int64_t{8}),
              HasSubstr("llama.expert_count is 8 (it is a mixture of experts"));
  EXPECT_THAT(refusal_with("llama.attention.scale", 2.0),
              HasSubstr("llama.attention.scale is not known here"));
  EXPECT_THAT(refusal_with("llama.rope.dimension_count", int64_t{8}),
              HasSubstr("llama.rope.dimension_count is 8 (heads are 16 wide"));
  EXPECT_THAT(refusal_with("llama.rope.scaling.type", std::string("longrope")),
              HasSubstr("llama.rope.scaling.type is 'longrope'"));
  EXPECT_THAT(refusal_with("llama.rope.scaling.attn_factor", 0.5),
              HasSubstr("llama.rope.scaling.attn_factor is 0.5 (it is computed beside yarn alone"));
  EXPECT_THAT(refusal_with("llama.attention.head_count", int64_t{0}),
              HasSubstr("llama.attention.head_count is 0"));
  EXPECT_THAT(refusal_with("llama.attention.head_count", std::vector<int64_t>{4, 2}),
              HasSubstr("is no whole number"));
  for (const char* key : {"llama.block_count", "tokenizer.ggml.eos_token_id"}) {
    auto values = llama_values();
    values.erase(key);
    EXPECT_THAT(refusal(file(values)), HasSubstr(std::string("has no ") + key));
  }
  EXPECT_THAT(refusal(file(llama_values(), {})), HasSubstr("has no tensor token_embd.weight"));
}

}  // namespace
}  // namespace lorahub::model
