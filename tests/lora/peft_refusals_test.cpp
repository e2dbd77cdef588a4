// Modules that peft.cpp refuses, and what it says of them.
#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "written_module.hpp"

namespace lorahub::lora {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

TEST(ReadModule, RefusesByNameWhatWouldChangeTheNumbers) {
  const std::vector<json> changes = {{{"peft_type", "IA3"}},
                                     {{"peft_type", "ADALORA"}},
                                     {{"bias", "every_second"}},
                                     {{"modules_to_save", {"lm_head"}}},
                                     {{"modules_to_save", "lm_head"}},
                                     {{"modules_to_save", {""}}},
                                     {{"modules_to_save", {"(lm_head"}}},
                                     {{"rank_pattern", {"q"}}},
                                     {{"rank_pattern", {{"q", 2.5}}}},
                                     {{"alpha_pattern", {{"q", "8"}}}},
                                     {{"alpha_pattern", {{"(q", 8}}}},
                                     {{"lora_bias", true}},
                                     {{"init_lora_weights", "pissa"}},
                                     {{"init_lora_weights", "pissa_niter_16"}},
                                     {{"init_lora_weights", "olora"}},
                                     {{"init_lora_weights", "corda"}},
                                     {{"init_lora_weights", "lora_ga"}},
                                     {{"init_lora_weights", "loftq"}},
                                     {{"loftq_config", {{"loftq_bits", 4}}}},
                                     {{"layer_replication", {{0, 1}, {0, 1}}}},
                                     {{"megatron_config", {{"tp", 2}}}},
                                     {{"trainable_token_indices", {1, 2}}},
                                     {{"target_parameters", {"shared.weight"}}},
                                     {{"alora_invocation_tokens", {7}}},
                                     {{"arrow_config", {{"top_k", 3}}}},
                                     {{"use_qalora", true}},
                                     {{"use_bdlora", {{"nblocks", 2}}}},
                                     {{"kasa_config", {{"beta", 1e-4}}}},
                                     {{"monteclora_config", {{"num_samples", 8}}}},
                                     {{"velora_config", {{"num_groups", 32}}}},
                                     {{"alora_invocation_string", "<|tool|>"}},
                                     {{"a_setting_of_next_year", 0.5}},
                                     {{"exclude_modules", {1}}},
                                     {{"r", 0}},
                                     {{"r", 2.5}},
                                     {{"r", "16"}},
                                     {{"lora_alpha", nullptr}},
                                     {{"lora_alpha", 1e39}},
                                     {{"lora_alpha", 1e-39}},
                                     {{"alpha_pattern", {{"q", 1e308}}}},
                                     {{"target_modules", nullptr}},
                                     {{"target_modules", std::string(3000, '(')}},
                                     {{"target_modules", {1}}}};
  for (const json& change : changes) {
    const WrittenModule folder;
    folder.config(change);
    EXPECT_THAT(folder.error(), AllOf(HasSubstr("'m'"), HasSubstr(change.begin().key()),
                                      HasSubstr(folder.path.string())))
        << change;
  }
}

TEST(ReadModule, SaysWhatTensorsOfOtherKindsAre) {
  const auto with = [](const std::string& name, const at::Tensor& tensor) {
    const WrittenModule folder;
    folder.tensors([&](checkpoint::Tensors& t) { t[name] = tensor; });
    return folder.error();
  };
  const std::string layer = "base_model.model.encoder.block.0.layer.0.SelfAttention.q.";
  EXPECT_THAT(with(kFirst, at::ones({0})), AllOf(HasSubstr(kFirst), HasSubstr("ZeRO-3")));
  EXPECT_THAT(with("base_model.model.shared.weight", at::ones({35, 12})),
              AllOf(HasSubstr("resized vocabulary (35 tokens"), HasSubstr("30")));
  EXPECT_THAT(with("base_model.model.shared.weight", at::ones({30, 12})),
              HasSubstr("save_embedding_layers"));
  EXPECT_THAT(with("base_model.model.lm_head.modules_to_save.default.weight", at::ones({35, 12})),
              HasSubstr("resized vocabulary"));
  EXPECT_THAT(with(layer + "lora_magnitude_vector", at::ones({8})), HasSubstr("another kind"));
  EXPECT_THAT(with(layer + "ia3_l", at::ones({8})), HasSubstr("another kind"));
  EXPECT_THAT(with("block.0.layer.0.SelfAttention.q.lora_A.weight", at::ones({4, 12})),
              AllOf(HasSubstr("one side of a T5"), HasSubstr("encoder or the decoder")));
}

TEST(ReadModule, SaysWhatFilesOfOtherKindsAre) {
  const std::pair<std::string, const char*> kinds[] = {
      {"", "an empty file"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS pointer"},
      {std::string("\x1F\x8B\x08\x00gzipped", 11), "gzip"},
      {"<!DOCTYPE html><html><body>Access denied</body></html>", "HTML page"},
      {std::string("\xFF\xFE{\0}\0", 6) + std::string(80, '\0'), "UTF-16"}};
  for (const auto& [content, kind] : kinds) {
    for (const std::string file : {kConfigFile, kWeightsFile, "adapter_model.bin"}) {
      const WrittenModule folder;
      if (file == "adapter_model.bin") fs::remove(folder.path / kWeightsFile);
      base::write_file(folder.path / file, content);
      EXPECT_THAT(folder.error(), AllOf(HasSubstr(file), HasSubstr(kind))) << file;
    }
  }
}

TEST(ReadModule, AHostileExpressionEnds) {
  const WrittenModule folder;
  folder.config({{"target_modules", "(((.*)*)*)*x"}});
  EXPECT_THAT(folder.error(), HasSubstr("no linear layer"));
}

TEST(ReadModule, SaysWhichDepthsWereMeantWhereNoLayerIsLeft) {
  const WrittenModule folder;
  folder.config({{"layers_to_transform", {7}}});
  EXPECT_THAT(folder.error(), HasSubstr("of the layers_to_transform [7], which name no linear"));
}

TEST(ReadModule, RefusesTheWholeLayersThatPeftSavesBesideAHead) {
  const WrittenModule folder;
  folder.tensors([](checkpoint::Tensors& t) {
    t["base_model.model.lm_head.base_layer.weight"] = at::zeros({30, 12});
  });
  EXPECT_THAT(folder.error(),
              AllOf(HasSubstr("lm_head.base_layer.weight"), HasSubstr("save_embedding_layers")));
}

TEST(ReadModule, NamesTheTensorAndBothRanksOrShapes) {
  for (const json& other : {json{{"r", 2}}, json{{"rank_pattern", {{"q", 2}}}}}) {
    const WrittenModule of_rank;
    of_rank.config(other);
    EXPECT_THAT(of_rank.error(),
                AllOf(HasSubstr("'m'"), HasSubstr("lora_A.weight has the rank 4"),
                      HasSubstr("by r and rank_pattern of adapter_config.json it has 2"),
                      Not(HasSubstr("another model"))));
  }
  model::t5::T5Config sizes = tiny().config();
  sizes.d_model = 16;
  const model::t5::T5Architecture wider(sizes);
  EXPECT_THAT(error_of([&] { read_module(WrittenModule().path, "m", wider); }),
              AllOf(HasSubstr("[4, 12]"), HasSubstr("[4, 16]")));
}

// By the names in the configuration, and where that names all layers, by those of the tensors.
TEST(ReadModule, OfAnotherFamilyNamesTheLayersOfBoth) {
  const WrittenModule folder;
  folder.config({{"target_modules", {"q_proj", "v_proj"}},
                 {"base_model_name_or_path", "meta-llama/Llama-3.2-1B"}});
  EXPECT_THAT(folder.error(),
              AllOf(HasSubstr("'m' of meta-llama/Llama-3.2-1B"), HasSubstr("q_proj"),
                    HasSubstr("named k, lm_head, o, q, v, wi_0, wi_1, wo: was"),
                    HasSubstr("another family")));
  folder.config({{"target_modules", "all-linear"}});
  folder.tensors([](checkpoint::Tensors& t) {
    t = {{"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", at::ones({4, 12})}};
  });
  EXPECT_THAT(
      folder.error(),
      AllOf(HasSubstr("layers.0.self_attn.q_proj.lora_A.weight"),
            HasSubstr("named k, lm_head, o, q, v, wi_0, wi_1, wo, the first encoder.block.0"),
            HasSubstr("another model")));
}

TEST(ReadModule, NamesMissingExtraAndForeignTensors) {
  const auto spoilt = [](auto change) {
    const WrittenModule folder;
    folder.tensors(change);
    return folder.error();
  };
  EXPECT_THAT(spoilt([](checkpoint::Tensors& t) { t.erase(kFirst); }),
              AllOf(HasSubstr(kFirst), HasSubstr("missing")));
  EXPECT_THAT(spoilt([](checkpoint::Tensors& t) { t[kOther] = t[kFirst].clone(); }),
              AllOf(HasSubstr(kOther), HasSubstr("does not name")));
  EXPECT_THAT(spoilt([](checkpoint::Tensors& t) {
                t["base_model.model.lm_head.lora_A.weight"] = t[kFirst].clone();
              }),
              HasSubstr("lm_head.lora_A"));
  EXPECT_THAT(spoilt([](checkpoint::Tensors& t) {
                t["base_model.model.shared.lora_embedding_A"] = t[kFirst].clone();
              }),
              HasSubstr("lora_embedding_A"));
  EXPECT_THAT(spoilt([](checkpoint::Tensors& t) {
                std::string second = kFirst;
                t[second.insert(second.rfind(".weight"), ".other")] = t[kFirst].clone();
              }),
              HasSubstr("two adapters in one file"));
}

TEST(ReadModule, NamesTheTensorThatIsNotFinite) {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    const WrittenModule folder;
    folder.tensors([&](checkpoint::Tensors& tensors) { tensors[kFirst][1][2] = bad; });
    EXPECT_THAT(folder.error(), AllOf(HasSubstr("'m'"), HasSubstr(kFirst), HasSubstr("NaN")));
  }
}

TEST(ReadModule, NamesAHalfCopiedFolder) {
  const WrittenModule folder;
  base::write_file(folder.path / kConfigFile, "{\"peft_type\": \"LO");
  EXPECT_THAT(folder.error(), AllOf(HasSubstr(kConfigFile), HasSubstr("not JSON")));
  base::write_file(folder.path / kConfigFile, "[]");
  EXPECT_THAT(folder.error(), HasSubstr("not a JSON object"));
  fs::remove(folder.path / kConfigFile);
  EXPECT_THAT(folder.error(), HasSubstr(kConfigFile));
}

}  // namespace
}  // namespace lorahub::lora
