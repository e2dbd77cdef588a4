// Adapters of decoder-only models against PEFT in f64 (tests/golden/llama_peft_golden.py): names
// and settings of the files, both compositions, and what is written.
#include <gmock/gmock.h>

#include "checkpoint/weights.hpp"
#include "lora/peft.hpp"
#include "lora/write_mixture.hpp"
#include "made.hpp"
#include "model/llama/architecture.hpp"
#include "model/llama/loss.hpp"
#include "model/llama/tiny_models.hpp"

namespace lorahub::lora {
namespace {

using nlohmann::json;
using study::Composition;

constexpr const char* kMixtures[] = {"mixture_llama", "mixture_qwen2", "mixture_qwen3",
                                     "mixture_tied_head"};

json read_mixture(const std::string& name) {
  return json::parse(base::read_file(kGolden / "llama_peft" / (name + ".json")));
}

// Three adapters in folders as PEFT saves them, read for their base model.
struct DecoderLab {
  json golden;
  test::TinyModel tiny;
  model::llama::Network network;
  model::llama::LlamaArchitecture architecture;
  Scratch scratch;

  explicit DecoderLab(const std::string& name)
      : golden(read_mixture(name)),
        tiny(test::tiny_model(golden.at("model"))),
        network(tiny.network()),
        architecture(network.config) {
    for (int i = 0; i < 3; ++i) write_as_peft(i);
  }

  std::filesystem::path folder(int i) const { return scratch.path / base::format("m{}", i); }
  Module module(int i) const {
    return read_module(folder(i), base::format("m{}", i), architecture);
  }
  Pool pool() const {
    return stack({module(0), module(1), module(2)}, architecture, base::Device::cpu);
  }
  std::vector<double> sums(const Pool& pool, std::span<const double> weights,
                           Composition composition) const {
    return model::llama::loss_sums(network, compose(pool, weights, composition, at::kFloat),
                                   tiny.pairs);
  }

 private:
  void write_as_peft(int i) const {
    std::filesystem::create_directories(folder(i));
    base::write_file(folder(i) / kConfigFile, golden.at("config").dump());
    checkpoint::Tensors tensors;
    for (const auto& [key, sizes] : golden.at("tensors").items()) {
      const std::vector<int64_t> shape = sizes;
      const bool down = key.find("lora_A") != std::string::npos;
      tensors[key] = test::hashed(base::format("module.{}.{}", i, key), shape,
                                  down ? 1 / std::sqrt(static_cast<double>(shape[1])) : 0.15);
    }
    checkpoint::write_safetensors(folder(i) / kWeightsFile, tensors);
  }
};

std::vector<double> all_values(const json& rows) {
  std::vector<double> all;
  for (const json& row : rows)
    for (const double value : row) all.push_back(value);
  return all;
}

class DecoderMixtures : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Peft, DecoderMixtures, testing::ValuesIn(kMixtures),
                         [](const auto& name) { return std::string(name.param); });

TEST_P(DecoderMixtures, BothCompositionsAreWhatPeftComputes) {
  const DecoderLab lab(GetParam());
  const Pool pool = lab.pool();
  const std::vector<double> weights = all_values(lab.golden.at("weights"));
  for (const Composition composition : {Composition::factor, Composition::product}) {
    const std::vector<double> want = all_values(lab.golden.at(study::name(composition)));
    const double off = worst(lab.sums(pool, weights, composition), want);
    EXPECT_LT(off, 1e-5) << study::name(composition);
    RecordProperty(study::name(composition), base::format("{:.1e}", off));
  }
  const std::vector<double> base = lab.golden.at("base");
  EXPECT_GT(worst(lab.sums(pool, std::vector{1.0, 1.0, 1.0}, Composition::factor), base), 0.01);
}

// PEFT gives the written folder's losses where it has these names, shapes and settings: they are
// those of its own files.
TEST_P(DecoderMixtures, WhatIsWrittenIsAnAdapterOfPeftWithTheSameLosses) {
  const DecoderLab lab(GetParam());
  const Pool pool = lab.pool();
  const std::vector<double> weights = lab.golden.at("weights")[0];
  for (const Composition composition : {Composition::factor, Composition::product}) {
    const std::filesystem::path folder = lab.scratch.path / study::name(composition);
    write_module(folder, composed_module(pool, weights, composition), lab.architecture, "tiny");
    const json config = json::parse(base::read_file(folder / kConfigFile));
    EXPECT_EQ(config.at("task_type"), "CAUSAL_LM");
    EXPECT_EQ(config.at("peft_type"), "LORA");
    EXPECT_EQ(config.at("target_modules"), lab.golden.at("config").at("target_modules"));
    const checkpoint::Tensors tensors = checkpoint::read_safetensors(folder / kWeightsFile);
    EXPECT_EQ(tensors.size(), lab.golden.at("tensors").size());
    for (const auto& [key, shape] : lab.golden.at("tensors").items())
      EXPECT_TRUE(tensors.contains(key)) << key;
    const Pool written = stack({read_module(folder, "written", lab.architecture)}, lab.architecture,
                               base::Device::cpu);
    const std::vector<double> want = lab.golden.at(study::name(composition))[0];
    EXPECT_LT(worst(lab.sums(written, std::vector{1.0}, Composition::factor), want), 1e-5);
  }
}

// The body of a model, wrappers and the adapter's own name in the keys.
TEST(DecoderAdapter, NamesWithAndWithoutTheModelsPrefixMeetTheSameLayers) {
  const DecoderLab lab("mixture_llama");
  const Module plain = lab.module(0);
  checkpoint::Tensors renamed;
  for (const auto& [key, tensor] : checkpoint::read_safetensors(lab.folder(0) / kWeightsFile)) {
    std::string name = key;
    name.erase(name.find("model.model."), std::string("model.").size());
    renamed[name] = tensor.clone();
  }
  checkpoint::write_safetensors(lab.folder(0) / kWeightsFile, renamed);
  const Module body = lab.module(0);
  ASSERT_EQ(body.slots.size(), 21U);
  for (const auto& [slot, factors] : plain.slots)
    EXPECT_TRUE(at::equal(factors.b, body.slots.at(slot).b)) << slot;
}

TEST(DecoderAdapter, AnAdapterOfAnotherFamilyIsRefused) {
  const DecoderLab lab("mixture_llama");
  const std::string decoder = error_of([&] { read_module(lab.folder(0), "m0", tiny()); });
  EXPECT_THAT(decoder, testing::AllOf(testing::HasSubstr("which name no linear layer of the base"),
                                      testing::HasSubstr("trained on another model")));
  const std::filesystem::path folder = lab.scratch.path / "t5";
  write_module(folder, made("m", tiny()), tiny(), "base");
  const std::string t5 = error_of([&] { read_module(folder, "m", lab.architecture); });
  EXPECT_THAT(t5, testing::AllOf(testing::HasSubstr("which name no linear layer of the base"),
                                 testing::HasSubstr("trained on another model")));
}

TEST(DecoderAdapter, AnAdapterOfAllLinearLayersOfAnotherFamilyIsRefused) {
  const DecoderLab lab("mixture_llama");
  json config = lab.golden.at("config");
  config["target_modules"] = "all-linear";
  base::write_file(lab.folder(0) / kConfigFile, config.dump());
  EXPECT_EQ(lab.module(0).slots.size(), 21U);  // the head is not among them
  const std::string decoder = error_of([&] { read_module(lab.folder(0), "m0", tiny()); });
  EXPECT_THAT(decoder, testing::HasSubstr("belongs to no linear layer that the base model has"));
  EXPECT_THAT(decoder, testing::HasSubstr("trained on another model"));
}

// Keys and values have fewer heads than queries, and their shapes say so.
TEST(DecoderAdapter, AnAdapterOfAModelWithOtherHeadsIsRefused) {
  const DecoderLab llama("mixture_llama"), qwen("mixture_qwen3");
  const std::string error =
      error_of([&] { read_module(qwen.folder(0), "m0", llama.architecture); });
  EXPECT_THAT(error, testing::HasSubstr("has shape ["));
  EXPECT_THAT(error, testing::HasSubstr("choose a module made for this base"));
}

}  // namespace
}  // namespace lorahub::lora
