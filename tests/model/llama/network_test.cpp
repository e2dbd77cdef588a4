#include "model/llama/network.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/families.hpp"
#include "model/llama/loss.hpp"
#include "model/llama/model.hpp"
#include "model/llama/tiny_models.hpp"

namespace lorahub::model::llama {
namespace {

using checkpoint::testing::Folder;
using test::tiny_model;
using test::TinyModel;
using ::testing::HasSubstr;

std::string loading_complaint(const TinyModel& tiny) {
  return checkpoint::testing::message([&] { tiny.network(); });
}

TEST(LlamaNetwork, LinearsAreNamedAsInHuggingFace) {
  const std::vector<LinearInfo> all = linears(tiny_model("mistral").network().config);
  ASSERT_EQ(all.size(), 3 * 7 + 1u);
  EXPECT_EQ(all[0].name, "model.layers.0.self_attn.q_proj");
  EXPECT_EQ(all[0].out, 64);  // 4 heads of 16
  EXPECT_EQ(all[8].name, "model.layers.1.self_attn.k_proj");
  EXPECT_EQ(all[8].out, 32);  // 2 heads
  EXPECT_EQ(all.back().name, "lm_head");
}

TEST(LlamaNetwork, WeightsOfAnyFloatingTypeInShardsAreRead) {
  const TinyModel tiny = tiny_model("qwen2");
  const std::vector<double> expected = loss_sums(tiny.network(), {}, tiny.pairs);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf}) {
    const Folder folder;
    folder.put("config.json", tiny.config.dump());
    std::map<std::string, checkpoint::Tensors> shards;
    nlohmann::json index;
    for (const auto& [name, tensor] : tiny.weights) {
      const std::string shard =
          shards["a.safetensors"].size() < 20 ? "a.safetensors" : "b.safetensors";
      shards[shard][name] = tensor.to(type);
      index["weight_map"][name] = shard;
    }
    for (const auto& [shard, tensors] : shards)
      checkpoint::write_safetensors(folder / shard, tensors);
    folder.put("model.safetensors.index.json", index.dump());
    const std::shared_ptr<const Model> loaded = model::load(folder.path(), Placement{});
    const std::vector<double> sums = loaded->loss_sums({}, tiny.pairs);
    for (size_t k = 0; k < sums.size(); ++k)
      EXPECT_NEAR(sums[k], expected[k], (type == at::kFloat ? 1e-9 : 0.02) * expected[k]);
    EXPECT_EQ(loaded->dtype(), at::kFloat);
  }
}

TEST(LlamaNetwork, ItsOwnTensorsReadBackAsItself) {
  for (const char* name : {"llama", "qwen3"}) {  // a head of its own, a tied one
    TinyModel tiny = tiny_model(name);
    const auto model = as_model(tiny.network());
    tiny.weights = model->tensors();
    EXPECT_EQ(loss_sums(tiny.network(), {}, tiny.pairs),
              model->loss_sums({}, tiny.pairs, tensor::exact()));
  }
}

TEST(LlamaNetwork, NamesWithoutTheBodysPrefixAreTheSameNames) {
  TinyModel tiny = tiny_model("llama_narrow");
  checkpoint::Tensors bare;
  for (const auto& [name, tensor] : tiny.weights) bare[name.substr(name.find('.') + 1)] = tensor;
  const std::vector<double> expected = loss_sums(tiny.network(), {}, tiny.pairs);
  tiny.weights = bare;
  EXPECT_EQ(loss_sums(tiny.network(), {}, tiny.pairs), expected);
}

TEST(LlamaNetwork, WeightsOfAnotherConfigAreRefused) {
  TinyModel headless = tiny_model("llama");
  headless.weights.erase("lm_head.weight");
  EXPECT_THAT(loading_complaint(headless), HasSubstr("tensor lm_head.weight is missing"));
  TinyModel two_heads = tiny_model("qwen3");
  two_heads.weights["lm_head.weight"] = two_heads.weights.at("model.embed_tokens.weight") + 1;
  EXPECT_THAT(loading_complaint(two_heads), HasSubstr("lm_head.weight differs"));
  TinyModel copied_head = tiny_model("qwen3");
  copied_head.weights["lm_head.weight"] = copied_head.weights.at("model.embed_tokens.weight");
  EXPECT_NO_THROW(copied_head.network());
  TinyModel more_tokens = tiny_model("llama");
  more_tokens.config["vocab_size"] = 91;
  EXPECT_THAT(loading_complaint(more_tokens), HasSubstr("has shape [90, 64]"));
  TinyModel stray = tiny_model("llama");
  stray.weights["model.layers.0.self_attn.q_norm.weight"] = at::ones({16});
  EXPECT_THAT(loading_complaint(stray), HasSubstr("q_norm.weight has no place in the llama model"));
  TinyModel buffers = tiny_model("llama");
  buffers.weights["model.layers.0.self_attn.rotary_emb.inv_freq"] = at::ones({8});
  EXPECT_NO_THROW(buffers.network());
  TinyModel infinite = tiny_model("llama");
  infinite.weights["model.norm.weight"][3] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(loading_complaint(infinite), HasSubstr("model.norm.weight holds 1 values"));
}

}  // namespace
}  // namespace lorahub::model::llama
