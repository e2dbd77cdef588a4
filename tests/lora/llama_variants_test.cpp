// Adapters of decoder-only models whose files hold more than factors, against PEFT in f64
// (tests/golden/llama_variants.py); and adapters of the other family.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "lora/dora.hpp"
#include "lora/peft.hpp"
#include "lora/pool.hpp"
#include "made.hpp"
#include "model/llama/tiny_models.hpp"

namespace lorahub::lora {
namespace {

using nlohmann::json;
using study::Composition;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

const fs::path kDecoderVariants = kGolden / "llama_variants";

// The base model of these adapters, in a folder.
struct DecoderBase {
  checkpoint::testing::Folder folder;
  json golden = json::parse(base::read_file(kDecoderVariants / "golden.json"));
  lorahub::test::TinyModel tiny = lorahub::test::tiny_model(golden.at("base"));
  std::shared_ptr<const model::Model> model;

  DecoderBase() {
    tiny.write(folder);
    model = model::load(folder.path(), {});
  }
  BaseWeights weights() const { return BaseWeights(model->architecture(), folder.path()); }
  // Both engines give PEFT's losses of this variant.
  void expect_losses(const model::Model& of, const model::Adapter& adapter,
                     const std::string& name) const {
    const std::vector<double> want = golden.at("loss_sum").at(name);
    EXPECT_LT(worst(of.loss_sums(adapter, tiny.pairs), want), 1e-5) << name;
    const at::Tensor plain = of.reference_loss_sums(adapter, tiny.pairs).to(at::kDouble);
    const auto* sums = plain.const_data_ptr<double>();
    EXPECT_LT(worst({sums, sums + plain.numel()}, want), 1e-5) << name << ", reference";
  }
};

TEST(DecoderVariant, CopiesOfTheBaseAreReadAndTheLossesArePefts) {
  const DecoderBase base;
  for (const char* name : {"biases", "saved_layers", "saved_head"}) {
    const Module module = read_module(kDecoderVariants / name, name, base.weights());
    const Pool pool = stack({module}, base.model->architecture(), base::Device::cpu);
    for (const Composition composition : {Composition::factor, Composition::product})
      base.expect_losses(*base.model, compose(pool, std::vector{1.0}, composition, at::kFloat),
                         name);
  }
}

// Each token is routed by its own input, in the fast pass of two candidates as in the plain one.
TEST(DecoderVariant, ARoutedMixtureHasTheLossesOfThePlainPass) {
  const DecoderBase base;
  const Pool pool = random_pool(base.model->architecture(), 4, base::Device::cpu);
  const study::MixingRule rule(Composition::arrow, {.experts = 2}, 1);
  const std::vector<double> weights = {1, 1, 1, 1, 2, -1, 0.5, 1.5};
  const auto sums =
      base.model->loss_sums(compose(pool, weights, rule, at::kFloat), base.tiny.pairs);
  std::vector<double> plain;
  for (size_t first = 0; first < weights.size(); first += 4) {
    const auto one = compose(pool, std::span(weights).subspan(first, 4), rule, at::kFloat);
    const at::Tensor row = base.model->reference_loss_sums(one, base.tiny.pairs).to(at::kDouble);
    for (int64_t k = 0; k < row.numel(); ++k) plain.push_back(row.flatten()[k].item<double>());
  }
  EXPECT_LT(worst(sums, plain), 1e-5);
  const auto product = base.model->loss_sums(
      compose(pool, weights, Composition::product, at::kFloat), base.tiny.pairs);
  EXPECT_GT(worst(product, plain), 1e-3);  // which has all terms for all tokens
}

TEST(DecoderVariant, ATrainedBiasNormOrHeadIsRefusedWithTheDifference) {
  const DecoderBase base;
  const std::pair<const char*, const char*> tensors[] = {
      {"biases", "model.layers.1.self_attn.q_proj.base_layer.bias"},
      {"saved_layers", "model.layers.1.self_attn.k_proj.base_layer.bias"},
      {"saved_layers", "model.layers.0.input_layernorm.weight"},
      {"saved_layers", "model.embed_tokens.weight"},
      {"saved_layers", "lm_head.weight"},
      {"saved_head", "lm_head.base_layer.weight"}};
  for (const auto& [variant, tensor] : tensors) {
    const Scratch scratch;
    fs::copy(kDecoderVariants / variant, scratch.path / variant);
    checkpoint::Tensors changed;
    for (const auto& [key, value] :
         checkpoint::read_safetensors(scratch.path / variant / kWeightsFile))
      changed[key] = value.clone();
    changed.at(std::string("base_model.model.") + tensor).view(-1)[7] += 0.125;
    checkpoint::write_safetensors(scratch.path / variant / kWeightsFile, changed);
    EXPECT_THAT(error_of([&] { read_module(scratch.path / variant, "m", base.weights()); }),
                AllOf(HasSubstr(tensor), HasSubstr("in 1 of "), HasSubstr("by up to 0.125 (")));
  }
}

TEST(DecoderVariant, ADoraOfLayersWithBiasesHasTheLossesOfPeft) {
  const DecoderBase base;
  const DoraModule dora = read_dora_module(kDecoderVariants / "dora", "dora", base.weights());
  EXPECT_EQ(dora.lengths.size(), 6U);
  base.expect_losses(*with_dora(*base.model, dora), {}, "dora");
}

// By the names of the configuration, and where these fit any model, by those of the tensors.
TEST(DecoderVariant, AnAdapterOfT5IsRefusedWithTheLayersOfBoth) {
  const DecoderBase base;
  const Scratch scratch;
  write_module(scratch.path, made("m", tiny()), tiny(), "google/flan-t5-large");
  const auto error = [&] {
    return error_of([&] { read_module(scratch.path, "m", base.weights()); });
  };
  EXPECT_THAT(error(), AllOf(HasSubstr("'m' of google/flan-t5-large"), HasSubstr(R"(["q","v"])"),
                             HasSubstr("named down_proj, gate_proj, k_proj, lm_head, o_proj"),
                             HasSubstr("another family")));
  json config = json::parse(base::read_file(scratch.path / kConfigFile));
  config["target_modules"] = "all-linear";
  base::write_file(scratch.path / kConfigFile, config.dump());
  EXPECT_THAT(error(), AllOf(HasSubstr("decoder.block.0.layer.0.SelfAttention"),
                             HasSubstr("the first model.layers.0.")));
}

TEST(DecoderVariant, ItsAdapterIsRefusedByAT5) {
  EXPECT_THAT(error_of([] { read_module(kDecoderVariants / "biases", "m", tiny()); }),
              AllOf(HasSubstr("'m' of llama_biases"), HasSubstr("q_proj"),
                    HasSubstr("named k, lm_head, o, q, v, wi_0, wi_1, wo")));
}

}  // namespace
}  // namespace lorahub::lora
