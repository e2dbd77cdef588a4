#include "model/t5/t5_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "checkpoint/files.hpp"

namespace lorahub::model::t5 {
namespace {

using checkpoint::testing::Folder;
using checkpoint::testing::message;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

// What read_config says about fields added to, or (null) taken from, a small good config.
std::string complaint(const json& change) {
  json config = {{"model_type", "t5"}, {"d_model", 16}, {"num_layers", 2}, {"vocab_size", 50}};
  config.update(change);
  const Folder folder;
  folder.put("config.json", config.dump());
  return message([&] { read_config(folder.path()); });
}

TEST(T5Config, FieldsAndDefaultsAreThoseOfTransformers) {
  const json cases = json::parse(checkpoint::testing::golden_bytes("expected.json"))["configs"];
  ASSERT_GE(cases.size(), 9u);
  for (const json& c : cases) {
    const Folder folder;
    folder.put("config.json", c["given"].dump(2));
    const T5Config config = read_config(folder.path());
    const json read{{"d_model", config.d_model},
                    {"d_kv", config.d_kv},
                    {"d_ff", config.d_ff},
                    {"heads", config.heads},
                    {"encoder_layers", config.encoder_layers},
                    {"decoder_layers", config.decoder_layers},
                    {"vocabulary", config.vocabulary},
                    {"buckets", config.buckets},
                    {"max_distance", config.max_distance},
                    {"epsilon", config.epsilon},
                    {"gated", config.gated},
                    {"gelu", config.gelu},
                    {"pad", config.pad},
                    {"eos", config.eos},
                    {"decoder_start", config.decoder_start}};
    EXPECT_EQ(read, c["expected"]) << c["given"].dump();
  }
}

TEST(T5Config, AnEndTokenInAListOfOneIsRead) {
  const Folder folder;
  folder.put("config.json", R"({"model_type": "t5", "eos_token_id": [7]})");
  EXPECT_EQ(read_config(folder.path()).eos, 7);
}

TEST(T5Config, AMissingFileIsNamed) {
  const Folder folder;
  EXPECT_THAT(message([&] { read_config(folder.path()); }),
              HasSubstr((folder / "config.json").string() + ": no such file"));
  EXPECT_THAT(message([&] { read_config(folder / "absent"); }), HasSubstr("absent/config.json"));
}

TEST(T5Config, BrokenJsonIsNamedWithItsLine) {
  const Folder folder;
  const std::string file =
      folder.put("config.json", "{\n \"model_type\": \"t5\",\n \"d_model\": }\n");
  EXPECT_THAT(message([&] { read_config(folder.path()); }), HasSubstr(file + ":3: is not JSON"));
  folder.put("config.json", "");
  EXPECT_THAT(message([&] { read_config(folder.path()); }), HasSubstr(file + ":1: is not JSON"));
  folder.put("config.json", "[1]");
  EXPECT_THAT(message([&] { read_config(folder.path()); }), HasSubstr("not a JSON object"));
}

TEST(T5Config, OtherModelsAreRefused) {
  EXPECT_THAT(complaint({{"model_type", "llama"}}),
              AllOf(HasSubstr("config.json: model_type is 'llama'")));
  EXPECT_THAT(complaint({{"model_type", "umt5"}}), HasSubstr("'umt5'"));  // a bias in every layer
  EXPECT_THAT(complaint({{"model_type", nullptr}}), HasSubstr("model_type is 'missing'"));
  EXPECT_THAT(complaint({{"model_type", 5}}), HasSubstr("model_type is 5"));
  for (const char* activation : {"gated-silu", "gelu", "silu", "gated", ""})
    EXPECT_THAT(complaint({{"feed_forward_proj", activation}}),
                HasSubstr("feed_forward_proj is '" + std::string(activation) + "'"));
}

// What transformers derives from feed_forward_proj it reads again from what it wrote.
TEST(T5Config, TheActivationThatWasWrittenCountsBeforeItsName) {
  const auto read = [](const json& change) {
    json config = {{"model_type", "t5"}};
    config.update(change);
    const Folder folder;
    folder.put("config.json", config.dump());
    return read_config(folder.path());
  };
  const T5Config written = read({{"feed_forward_proj", "relu"}, {"dense_act_fn", "gelu_new"}});
  EXPECT_TRUE(written.gelu);
  EXPECT_FALSE(written.gated);
  EXPECT_TRUE(read({{"feed_forward_proj", "relu"}, {"is_gated_act", true}}).gated);
  EXPECT_TRUE(read({{"feed_forward_proj", "gated-gelu_pytorch_tanh"}}).gelu);
  EXPECT_THAT(complaint({{"feed_forward_proj", "gated-gelu"}, {"dense_act_fn", "gelu"}}),
              HasSubstr("dense_act_fn 'gelu'"));
}

TEST(T5Config, OutputsAreScaledAsTransformersScalesThem) {
  const auto scaled = [](const char* type, const json& change) {
    json config = {{"model_type", type}};
    config.update(change);
    const Folder folder;
    folder.put("config.json", config.dump());
    return read_config(folder.path()).scale_outputs;
  };
  EXPECT_TRUE(scaled("t5", json::object()));
  EXPECT_FALSE(scaled("t5", {{"tie_word_embeddings", false}}));
  EXPECT_TRUE(scaled("t5", {{"tie_word_embeddings", false}, {"scale_decoder_outputs", true}}));
  EXPECT_FALSE(scaled("t5", {{"tie_word_embeddings", true}, {"scale_decoder_outputs", false}}));
  for (const json& change :
       {json::object(), json{{"tie_word_embeddings", true}}, json{{"scale_decoder_outputs", true}}})
    EXPECT_FALSE(scaled("mt5", change)) << change;
}

TEST(T5Config, WhatChangesTheNumbersAndIsNotComputedIsRefusedByName) {
  for (const json& change :
       {json{{"quantization_config", {{"load_in_8bit", true}}}},
        json{{"auto_map", {{"AutoModel", "own.Code"}}}}, json{{"per_layer_config", {{"0", 1}}}},
        json{{"pruned_heads", {{"0", {1}}}}}, json{{"is_encoder_decoder", false}},
        json{{"hidden_size", 32}}, json{{"num_attention_heads", 3}}, json{{"num_hidden_layers", 3}},
        json{{"head_dim", 32}}})
    EXPECT_THAT(complaint(change), HasSubstr("config.json: " + change.begin().key() + " is "));
}

TEST(T5Config, WhatChangesNothingIsTaken) {
  const Folder folder;
  folder.put("config.json",
             R"({"model_type": "t5", "quantization_config": null, "pruned_heads": {},
                 "hidden_size": 512, "num_attention_heads": 8, "head_dim": 64, "dtype": "float16",
                 "torch_dtype": "bfloat16", "is_decoder": false, "use_cache": false,
                 "chunk_size_feed_forward": 7, "task_specific_params": {"x": {"num_beams": 4}}})");
  EXPECT_EQ(read_config(folder.path()).d_model, 512);
}

TEST(T5Config, NonsenseSizesAreRefusedByFieldAndValue) {
  for (const char* key :
       {"d_model", "d_kv", "d_ff", "num_heads", "num_layers", "num_decoder_layers", "vocab_size",
        "relative_attention_num_buckets", "relative_attention_max_distance"}) {
    for (const json& bad : {json(0), json(-3), json(1.5), json("8"), json(true), json({1, 2}),
                            json(1e30), json(~uint64_t{0})}) {
      EXPECT_THAT(complaint({{key, bad}}),
                  HasSubstr("config.json: " + std::string(key) + " is " + bad.dump() + " ("));
    }
  }
  EXPECT_THAT(complaint({{"layer_norm_epsilon", 0}}), HasSubstr("layer_norm_epsilon is 0"));
  EXPECT_THAT(complaint({{"pad_token_id", 50}}),
              HasSubstr("pad_token_id is 50 (a whole number from 0 to 49"));
  EXPECT_THAT(complaint({{"eos_token_id", {1, 2}}}), HasSubstr("eos_token_id is [1,2]"));
  EXPECT_THAT(complaint({{"decoder_start_token_id", -1}}),
              HasSubstr("decoder_start_token_id is -1"));
  EXPECT_THAT(complaint({{"relative_attention_max_distance", 16}}),
              HasSubstr("relative_attention_max_distance is 16"));
}

}  // namespace
}  // namespace lorahub::model::t5
