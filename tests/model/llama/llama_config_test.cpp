#include "model/llama/llama_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "checkpoint/files.hpp"
#include "model/families.hpp"

namespace lorahub::model::llama {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

json with_change(const json& change) {
  json config = {
      {"model_type", "llama"}, {"hidden_size", 64}, {"num_attention_heads", 4}, {"vocab_size", 90}};
  if (!change.is_null()) config.update(change);
  return config;
}

LlamaConfig read_changed(const json& change, const json& generation = nullptr) {
  const checkpoint::testing::Folder folder;
  folder.put("config.json", with_change(change).dump());
  if (!generation.is_null()) folder.put("generation_config.json", generation.dump());
  return read_config(folder.path());
}

// What any reader of a folder says to it.
std::string config_complaint(const json& change) {
  const checkpoint::testing::Folder folder;
  folder.put("config.json", with_change(change).dump());
  return checkpoint::testing::message([&] { read_architecture(folder.path()); });
}

TEST(LlamaConfig, ArchitecturesThatAreNotComputedAreRefusedByName) {
  for (const auto& [type, reason] :
       std::map<std::string, std::string>{{"mixtral", "mixture of experts"},
                                          {"qwen3_moe", "mixture of experts"},
                                          {"deepseek_v3", "latent (MLA)"},
                                          {"smollm3", "no position embeddings (NoPE)"},
                                          {"phi3", "fused into one matrix"},
                                          {"gemma2", "scaled otherwise"},
                                          {"gemma3_text", "scaled otherwise"},
                                          {"qwen3_next", "recurrent"}})
    EXPECT_THAT(config_complaint({{"model_type", type}}),
                AllOf(HasSubstr("config.json: model_type is '" + type + "'"), HasSubstr(reason)));
  EXPECT_THAT(config_complaint({{"model_type", "starcoder2"}}), HasSubstr("'starcoder2'"));
}

TEST(LlamaConfig, SettingsThatAreNotComputedAreRefusedByName) {
  for (const json& change :
       {json{{"num_local_experts", 8}}, json{{"kv_lora_rank", 16}},
        json{{"no_rope_layers", {1, 1, 0}}}, json{{"final_logit_softcapping", 30.0}},
        json{{"quantization_config", {{"bits", 4}}}}, json{{"partial_rotary_factor", 0.5}},
        json{{"hidden_act", "gelu"}}, json{{"auto_map", {{"AutoModel", "x"}}}},
        json{{"is_encoder_decoder", true}}, json{{"residual_multiplier", 0.2}},
        json{{"is_causal", false}}, json{{"is_causal", nullptr}},
        json{{"attention_chunk_size", 16}}, json{{"sliding_window", 2047}}})
    EXPECT_THAT(config_complaint(change), HasSubstr("config.json: " + change.begin().key()));
  for (const char* type : {"longrope", "su", "mrope", "proportional"})
    EXPECT_THAT(config_complaint({{"rope_scaling", {{"rope_type", type}}}}),
                HasSubstr("rope_type is '" + std::string(type) + "'"));
}

TEST(LlamaConfig, SizesThatDoNotFitEachOtherAreRefused) {
  EXPECT_THAT(config_complaint({{"num_key_value_heads", 3}}),
              HasSubstr("num_attention_heads is 4"));
  EXPECT_THAT(config_complaint({{"hidden_size", 66}}), HasSubstr("hidden_size is 66"));
  EXPECT_THAT(config_complaint({{"head_dim", 15}}), HasSubstr("width of a head is 15"));
  EXPECT_THAT(config_complaint({{"eos_token_id", 90}}), HasSubstr("eos_token_id is 90"));
  EXPECT_THAT(config_complaint({{"eos_token_id", nullptr}}), HasSubstr("eos_token_id is missing"));
  EXPECT_THAT(config_complaint({{"rope_scaling", {{"type", "linear"}}}}), HasSubstr("factor"));
  EXPECT_THAT(config_complaint({{"model_type", "qwen3"},
                                {"eos_token_id", 1},
                                {"num_key_value_heads", 4},
                                {"layer_types", {"full_attention"}}}),
              HasSubstr("layer_types has 1 entries for 32 layers"));
}

// transformers reads this as Ministral; the numbers are those of the golden model mistral_types.
TEST(LlamaConfig, LayersOfMistralHaveTheWindowThatTheyAreGiven) {
  const auto mistral = [](json change) {
    change.update({{"model_type", "mistral"}, {"num_key_value_heads", 2}});
    change["num_hidden_layers"] = 2;
    return change;
  };
  const json kinds = {"full_attention", "sliding_attention"};
  EXPECT_THAT(read_changed(mistral({{"layer_types", kinds}, {"sliding_window", 9}})).windows,
              ElementsAre(0, 9));
  EXPECT_THAT(read_changed(mistral({{"layer_types", nullptr}, {"sliding_window", 9}})).windows,
              ElementsAre(9, 9));
  EXPECT_THAT(config_complaint(mistral({{"layer_types", kinds}, {"sliding_window", nullptr}})),
              HasSubstr("layer_types names sliding_attention"));
}

// transformers 5.23 answers through a window where a llama has these fields, and computes its
// losses without one.
TEST(LlamaConfig, AWindowOfLlamaIsRefusedWhereItIsShorterThanAText) {
  EXPECT_THAT(config_complaint({{"sliding_window", 2047}}), HasSubstr("sliding_window is 2047"));
  EXPECT_THAT(read_changed({{"sliding_window", 2048}}).windows, Each(0));
  EXPECT_THAT(read_changed({{"sliding_window", nullptr}}).windows, Each(0));
  json kinds(std::vector<std::string>(32, "full_attention"));
  EXPECT_THAT(read_changed({{"layer_types", kinds}}).windows, Each(0));
  kinds[3] = "sliding_attention";
  EXPECT_THAT(config_complaint({{"layer_types", kinds}, {"sliding_window", 4096}}),
              HasSubstr("layer_types is "));
}

TEST(LlamaConfig, DefaultsFollowTheModelType) {
  EXPECT_EQ(read_changed({}).kv_heads, 4);
  EXPECT_EQ(read_changed({}).head_dim, 16);
  EXPECT_THAT(read_changed({}).ends, ElementsAre(2));
  const LlamaConfig qwen3 = read_changed(
      {{"model_type", "qwen3"}, {"eos_token_id", 1}, {"num_key_value_heads", nullptr}});
  EXPECT_EQ(qwen3.kv_heads, 4);
  EXPECT_EQ(qwen3.head_dim, 128);
  const LlamaConfig mistral = read_changed({{"model_type", "mistral"}, {"num_key_value_heads", 2}});
  EXPECT_EQ(mistral.windows.front(), 4096);
  EXPECT_EQ(
      read_changed(
          {{"model_type", "mistral"}, {"num_key_value_heads", 2}, {"sliding_window", nullptr}})
          .windows.front(),
      0);
  const LlamaConfig qwen2 = read_changed({{"model_type", "qwen2"},
                                          {"eos_token_id", 1},
                                          {"num_key_value_heads", 2},
                                          {"num_hidden_layers", 3},
                                          {"use_sliding_window", true},
                                          {"sliding_window", 9},
                                          {"max_window_layers", 2}});
  EXPECT_THAT(qwen2.windows, ElementsAre(0, 0, 9));
  EXPECT_TRUE(qwen2.qkv_bias);
  EXPECT_FALSE(qwen2.o_bias);
}

TEST(LlamaConfig, BothDialectsOfRopeAreRead) {
  const json llama3 = {{"rope_type", "llama3"},
                       {"factor", 8.0},
                       {"low_freq_factor", 1.0},
                       {"high_freq_factor", 4.0},
                       {"original_max_position_embeddings", 32}};
  json v5 = llama3;
  v5["rope_theta"] = 5000.0;
  for (const json& change :
       {json{{"rope_theta", 5000.0}, {"rope_scaling", llama3}}, json{{"rope_parameters", v5}}}) {
    const LlamaConfig config = read_changed(change);
    EXPECT_EQ(config.rope.kind, Rope::Kind::llama3);
    EXPECT_EQ(config.rope.theta, 5000);
    EXPECT_EQ(config.rope.factor, 8);
    EXPECT_EQ(config.rope.original_length, 32);
  }
  EXPECT_EQ(read_changed({{"rope_scaling", nullptr}}).rope.theta, 10000);
}

// transformers takes the tokens that end an answer from generation_config.json where it has some.
TEST(LlamaConfig, TheEndsOfAnswersAreAList) {
  EXPECT_THAT(read_changed({{"eos_token_id", {5, 7}}}).ends, ElementsAre(5, 7));
  EXPECT_THAT(read_changed({{"eos_token_id", 5}}, {{"eos_token_id", {5, 8, 9}}}).ends,
              ElementsAre(5, 8, 9));
  EXPECT_THAT(read_changed({{"eos_token_id", 5}}, {{"do_sample", true}}).ends, ElementsAre(5));
}

}  // namespace
}  // namespace lorahub::model::llama
