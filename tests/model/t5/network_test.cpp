#include "model/t5/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "base/check.hpp"
#include "checkpoint/files.hpp"
#include "model/models.hpp"

namespace lorahub::model::t5 {
namespace {

using test::golden_config;
using test::hash_model;
using test::Head;
using test::read_golden;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct Tiny {
  T5Config config = golden_config(read_golden("tiny_gated").at("config"));
  std::map<std::string, at::Tensor> weights = hash_model(config, Head::untied);
};

std::string message(const Tiny& tiny) {
  try {
    build(tiny.config, tiny.weights, {});
  } catch (const base::Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Network, linears_have_the_names_shapes_and_order_of_transformers) {
  for (const char* name : {"tiny_gated", "tiny_relu"}) {
    const nlohmann::json golden = read_golden(name);
    nlohmann::json ours = nlohmann::json::array();
    for (const LinearInfo& info : linears(golden_config(golden.at("config")))) {
      ours.push_back({info.name, info.out, info.in});
    }
    EXPECT_EQ(ours.back()[0], kHead);
    ours.erase(ours.size() - 1);  // the golden list is without the head
    EXPECT_EQ(ours, golden.at("linears")) << name;
  }
}

TEST(Network, slots_number_the_linears) {
  const Tiny tiny;
  const Network n = build(tiny.config, tiny.weights, {});
  const auto all = linears(tiny.config);
  const Block& last = n.decoder.blocks.back();
  EXPECT_EQ(all.at(last.cross.v.slot).name, "decoder.block.2.layer.1.EncDecAttention.v");
  EXPECT_EQ(all.at(last.ff.wi_1.slot).name, "decoder.block.2.layer.2.DenseReluDense.wi_1");
  EXPECT_EQ(all.at(n.encoder.blocks[1].self.q.slot).name,
            "encoder.block.1.layer.0.SelfAttention.q");
  EXPECT_EQ(static_cast<size_t>(last.ff.wo.slot), all.size() - 2);
  EXPECT_EQ(static_cast<size_t>(n.head_slot), all.size() - 1);
  EXPECT_TRUE(at::equal(last.cross.v.weight,
                        tiny.weights.at("decoder.block.2.layer.1.EncDecAttention.v.weight")));
}

// Small to xxl of v1.0, v1.1 (Flan) and mT5 (250,112 tokens), by their number of parameters.
TEST(Network, published_sizes_have_transformers_parameters) {
  std::ifstream file(std::string(SOURCE_DIR) + "/tests/golden/t5/sizes.json");
  const nlohmann::json models = nlohmann::json::parse(file).at("models");
  EXPECT_EQ(models.size(), 15U);
  for (const auto& model : models) {
    const checkpoint::testing::Folder folder;
    folder.put("config.json", model.at("config").dump());
    const T5Config c = read_config(folder.path());
    int64_t count = c.vocabulary * c.d_model;                // embedding
    if (c.scale_outputs) count -= c.vocabulary * c.d_model;  // the head is the embedding
    count += (2 * c.encoder_layers + 3 * c.decoder_layers + 2) * c.d_model;  // norms
    count += 2 * c.buckets * c.heads;
    for (const LinearInfo& linear : linears(c)) count += linear.out * linear.in;
    EXPECT_EQ(count, model.at("parameters").get<int64_t>()) << model.at("name");
  }
}

TEST(Network, f32_weights_are_not_copied) {
  const Tiny tiny;
  const Network n = build(tiny.config, tiny.weights, {});
  EXPECT_EQ(n.embedding.const_data_ptr(), tiny.weights.at("shared.weight").const_data_ptr());
  EXPECT_EQ(n.encoder.blocks[0].ff.wo.weight.const_data_ptr(),
            tiny.weights.at("encoder.block.0.layer.1.DenseReluDense.wo.weight").const_data_ptr());
}

TEST(Network, bf16_is_for_matrices_only) {
  const Tiny tiny;
  const Network n = build(tiny.config, tiny.weights, {.dtype = at::kBFloat16});
  EXPECT_EQ(n.embedding.scalar_type(), at::kBFloat16);
  EXPECT_EQ(n.decoder.blocks[0].cross.k.weight.scalar_type(), at::kBFloat16);
  EXPECT_EQ(n.decoder.blocks[0].cross_norm.scalar_type(), at::kFloat);
  EXPECT_EQ(n.decoder.relative_bias.scalar_type(), at::kFloat);
}

TEST(Network, half_precision_files_are_widened) {
  Tiny tiny;
  for (auto& [name, tensor] : tiny.weights) tensor = tensor.to(at::kHalf);
  const Network n = build(tiny.config, tiny.weights, {});
  EXPECT_TRUE(at::equal(n.lm_head, tiny.weights.at("lm_head.weight").to(at::kFloat)));
}

TEST(Network, head_is_tied_when_absent_or_a_copy_of_the_embedding) {
  Tiny tiny;
  tiny.weights["lm_head.weight"] = tiny.weights.at("shared.weight").clone();
  EXPECT_TRUE(at::equal(build(tiny.config, tiny.weights, {}).lm_head,
                        tiny.weights.at("shared.weight").to(at::kFloat)));
  tiny.weights.erase("lm_head.weight");
  const Network n = build(tiny.config, tiny.weights, {});
  EXPECT_TRUE(n.lm_head.is_same(n.embedding));
}

// The scale is the configuration's, not a matter of the head: a head that is the embedding may go
// unscaled.
TEST(Network, outputs_are_scaled_as_the_configuration_says) {
  Tiny tiny;
  EXPECT_EQ(build(tiny.config, tiny.weights, {}).output_scale, 1.0);
  tiny.config.scale_outputs = true;
  EXPECT_DOUBLE_EQ(build(tiny.config, tiny.weights, {}).output_scale, 1 / std::sqrt(24.0));
}

TEST(Network, embedding_may_be_stored_under_the_encoders_name) {
  Tiny tiny;
  tiny.weights["encoder.embed_tokens.weight"] = tiny.weights.at("shared.weight");
  tiny.weights.erase("shared.weight");
  const Network n = build(tiny.config, tiny.weights, {});
  EXPECT_EQ(n.embedding.const_data_ptr(),
            tiny.weights.at("encoder.embed_tokens.weight").const_data_ptr());
  tiny.weights.erase("encoder.embed_tokens.weight");
  tiny.weights.erase("lm_head.weight");
  EXPECT_THAT(message(tiny), HasSubstr("shared.weight is missing"));
}

TEST(Network, a_missing_tensor_is_named) {
  Tiny tiny;
  const std::string name = "decoder.block.1.layer.1.EncDecAttention.o.weight";
  tiny.weights.erase(name);
  EXPECT_THAT(message(tiny), HasSubstr("tensor " + name + " is missing"));
}

TEST(Network, a_tensor_without_a_place_is_named) {
  for (const std::string name :
       {"encoder.block.2.layer.0.SelfAttention.q.weight",
        "encoder.block.0.layer.0.SelfAttention.q.bias", "classification_head.weight",
        "encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight"}) {
    Tiny tiny;
    tiny.weights[name] = at::zeros({32, 24});
    EXPECT_THAT(message(tiny), AllOf(HasSubstr("tensor " + name), HasSubstr("has no place")));
  }
  Tiny adapted;
  adapted.weights["encoder.block.0.layer.0.SelfAttention.q.lora_A.default.weight"] =
      at::zeros({4, 24});
  EXPECT_THAT(message(adapted), HasSubstr("merge_and_unload()"));
  Tiny old;  // transformers ignores this one, too
  old.weights["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"] =
      at::zeros({32, 4});
  EXPECT_EQ(message(old), "no error");
}

TEST(Network, the_mini_model_loads_from_its_folder) {
  const std::string folder = std::string(SOURCE_DIR) + "/configs/model/mini";
  const Network n = load(folder, {});
  EXPECT_EQ(n.output_scale, 1.0);
  EXPECT_EQ(n.encoder.blocks.size(), 4u);
  EXPECT_EQ(n.decoder.blocks.size(), 2u);
  EXPECT_EQ(n.embedding.sizes(), (at::IntArrayRef{590, 128}));
}

// Converted matrices lie in one block (that ranks share); what stays f32 is read from the file.
TEST(Network, a_folder_loads_in_bf16_as_its_weights_do) {
  const auto folder = std::filesystem::path(SOURCE_DIR) / "configs/model/mini";
  const checkpoint::Tensors weights = checkpoint::read_model_weights(folder);
  const Placement placement{.dtype = at::kBFloat16};
  const Network network = load(folder, placement),
                plain = build(read_config(folder), weights, placement);
  EXPECT_TRUE(at::equal(network.embedding, plain.embedding));
  for (const auto stack : {&Network::encoder, &Network::decoder})
    for (size_t i = 0; i < (network.*stack).blocks.size(); ++i) {
      const Block &block = (network.*stack).blocks[i], &same = (plain.*stack).blocks[i];
      EXPECT_TRUE(at::equal(block.self_norm, same.self_norm));
      EXPECT_TRUE(at::equal(block.self.o.weight, same.self.o.weight));
      EXPECT_TRUE(at::equal(block.ff.wo.weight, same.ff.wo.weight));
      EXPECT_EQ(block.ff.wo.weight.scalar_type(), at::kBFloat16);
    }
  EXPECT_TRUE(at::equal(network.encoder.relative_bias, plain.encoder.relative_bias));
}

TEST(Network, a_wrong_shape_is_shown_beside_the_right_one) {
  Tiny tiny;
  const std::string name = "encoder.block.1.layer.1.DenseReluDense.wi_0.weight";
  tiny.weights[name] = at::zeros({41, 24});
  EXPECT_THAT(message(tiny), AllOf(HasSubstr(name), HasSubstr("[41, 24]"), HasSubstr("[40, 24]")));
}

TEST(Network, values_that_are_not_finite_are_named_and_counted) {
  Tiny tiny;
  const std::string name = "decoder.final_layer_norm.weight";
  tiny.weights[name] = tiny.weights.at(name).clone();
  tiny.weights[name][3] = std::numeric_limits<float>::quiet_NaN();
  tiny.weights[name][5] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(message(tiny), AllOf(HasSubstr(name), HasSubstr("holds 2 values")));
}

TEST(Network, large_finite_values_pass) {
  Tiny tiny;
  tiny.weights["encoder.final_layer_norm.weight"] = at::full({24}, 3e38f);  // the sum overflows
  EXPECT_EQ(message(tiny), "no error");
}

TEST(Network, integers_are_refused) {
  Tiny tiny;
  tiny.weights["lm_head.weight"] = at::zeros({96, 24}, at::kChar);
  EXPECT_THAT(message(tiny), AllOf(HasSubstr("lm_head.weight"), HasSubstr("Char")));
}

TEST(Network, cuda_without_a_gpu_is_an_error) {
  if (at::hasCUDA()) GTEST_SKIP() << "a GPU is there";
  const Tiny tiny;
  EXPECT_THROW(build(tiny.config, tiny.weights, {.device = base::Device::cuda}), base::Error);
}

}  // namespace
}  // namespace lorahub::model::t5
