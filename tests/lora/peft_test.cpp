#include "lora/peft.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "checkpoint/weights.hpp"
#include "lora/pool.hpp"
#include "written_module.hpp"

namespace lorahub::lora {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

void expect_equal(const Module& got, const Module& want) {
  EXPECT_EQ(got.rank, want.rank);
  EXPECT_EQ(got.alpha, want.alpha);
  ASSERT_EQ(got.slots.size(), want.slots.size());
  for (const auto& [slot, factors] : want.slots) {
    ASSERT_TRUE(got.slots.contains(slot));
    EXPECT_TRUE(at::equal(got.slots.at(slot).a, factors.a)) << slot;
    EXPECT_TRUE(at::equal(got.slots.at(slot).b, factors.b)) << slot;
  }
}

TEST(ReadModule, OfTheMiniLab) {
  const auto architecture = model::read_architecture(kModel);
  const Module module = read_module(kLibrary / "find_letter", "find_letter", *architecture);
  EXPECT_EQ(module.name, "find_letter");
  EXPECT_EQ(module.rank, 16);
  EXPECT_EQ(module.scaling(), 2);
  EXPECT_EQ(module.slots.size(), 16U);
  const checkpoint::Tensors raw =
      checkpoint::read_safetensors(kLibrary / "find_letter" / kWeightsFile);
  EXPECT_TRUE(at::equal(module.slots.begin()->second.a, raw.at(kFirst).to(at::kFloat)));
}

TEST(ReadModule, SavedByPeftInBothFormats) {
  const auto architecture = model::read_architecture(kModel);
  const Module safe = read_module(kGolden / "peft_bin/safetensors", "m", *architecture);
  const Module pickled = read_module(kGolden / "peft_bin/bin", "m", *architecture);
  EXPECT_EQ(safe.rank, 2);
  EXPECT_EQ(safe.alpha, 3);
  EXPECT_GT(largest(safe.slots.begin()->second.b), 0);
  expect_equal(pickled, safe);
}

TEST(ReadModule, ReadsBackWhatWasWritten) {
  const WrittenModule folder;
  expect_equal(folder.read(), folder.module);
  const json config = json::parse(base::read_file(folder.path / kConfigFile));
  EXPECT_EQ(config["target_modules"], json({"q", "v"}));
  EXPECT_EQ(config["lora_alpha"].dump(), "8");
  EXPECT_EQ(config["base_model_name_or_path"], "base");
}

TEST(WriteModule, NamesWholeLayersWhereTheLastPartSaysTooMuch) {
  const Scratch scratch;
  Module module = made("m", tiny(), {.rank = 2, .alpha = 3.5});
  module.slots.erase(module.slots.begin());  // the encoder's q: "q" would name it
  write_module(scratch.path, module, tiny(), "base");
  expect_equal(read_module(scratch.path, "m", tiny()), module);
  const json config = json::parse(base::read_file(scratch.path / kConfigFile));
  EXPECT_EQ(config["target_modules"].size(), module.slots.size());
  EXPECT_EQ(config["lora_alpha"], 3.5);
}

TEST(ReadModule, KnowsKeysWithTheNameOfTheAdapter) {
  const WrittenModule folder;
  folder.tensors([](checkpoint::Tensors& tensors) {
    checkpoint::Tensors named;
    for (const auto& [key, tensor] : tensors) {
      std::string with_name = key;
      with_name.insert(with_name.rfind(".weight"), ".default");
      named[with_name] = tensor;
    }
    tensors = named;
  });
  expect_equal(folder.read(), folder.module);
}

TEST(ReadModule, KeepsHalfAndBfloat16AndAPoolWidensThem) {
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    const WrittenModule folder;
    folder.tensors([&](checkpoint::Tensors& tensors) {
      for (auto& [key, tensor] : tensors) tensor = tensor.to(type);
    });
    Module rounded = folder.module;
    for (auto& [slot, f] : rounded.slots) f = {.a = f.a.to(type), .b = f.b.to(type)};
    const Module read = folder.read();
    expect_equal(read, rounded);
    const Pool pool = stack({read}, tiny(), base::Device::cpu);
    for (size_t place = 0; place < pool.slots.size(); ++place) {
      const Factors whole = factors(pool, 0, static_cast<int>(place));
      const Factors& half = rounded.slots.at(pool.slots[place]);
      EXPECT_TRUE(at::equal(whole.a, half.a.to(at::kFloat)));
      EXPECT_TRUE(at::equal(whole.b, half.b.to(at::kFloat)));
    }
  }
}

TEST(ReadModule, TakesARegularExpressionForTargets) {
  const WrittenModule folder;
  folder.config({{"target_modules", R"(.*Attention\.(q|v))"}});
  expect_equal(folder.read(), folder.module);
  folder.config({{"target_modules", ".*Attention.q"}});
  EXPECT_THAT(folder.error(),
              AllOf(HasSubstr("SelfAttention.v.lora_A"), HasSubstr("does not name")));
  folder.config({{"target_modules", "(q|v)"}});  // the whole name must match, as in PEFT
  EXPECT_THAT(folder.error(), HasSubstr("no linear layer"));
  folder.config({{"target_modules", "(q"}});
  EXPECT_THAT(folder.error(), HasSubstr("no regular expression"));
}

TEST(ReadModule, TakesUnusedFieldsAsPeftWritesThem) {
  const WrittenModule folder;
  folder.config({{"rank_pattern", json::object()},
                 {"modules_to_save", nullptr},
                 {"bias", "none"},
                 {"init_lora_weights", "gaussian"},
                 {"layers_to_transform", nullptr}});
  EXPECT_EQ(folder.error(), "");
}

// adapter_config.json as PEFT 0.4 wrote it for LoraHub's published modules, and 0.3 and 0.7.
TEST(ReadModule, TakesConfigurationsOfEarlyVersions) {
  const WrittenModule folder;
  json config = json::parse(R"({"base_model_name_or_path": "google/flan-t5-large", "bias": "none",
    "fan_in_fan_out": false, "inference_mode": true, "init_lora_weights": true, "layers_pattern": null,
    "layers_to_transform": null, "lora_alpha": 8, "lora_dropout": 0.1, "modules_to_save": null,
    "peft_type": "LORA", "r": 4, "revision": null, "target_modules": ["q", "v"],
    "task_type": "SEQ_2_SEQ_LM"})");
  for (const json& other :
       {json::object(), json{{"auto_mapping", {{"base_model_class", "T5"}}}},
        json{{"megatron_core", "megatron.core"}, {"loftq_config", json::object()}},
        json{{"fan_in_fan_out", true}}}) {
    config.update(other);
    base::write_file(folder.path / kConfigFile, config.dump());
    expect_equal(folder.read(), folder.module);
  }
}

// As PEFT reads the file, whatever the order was in training.
TEST(ReadModule, OfTwoPatternsThatFitTheFirstCounts) {
  const WrittenModule folder;
  for (const auto& [patterns, scaling] : {std::pair(R"({"q": 4, "SelfAttention.q": 6})", 1.0),
                                          std::pair(R"({"SelfAttention.q": 6, "q": 4})", 1.5)}) {
    auto config = nlohmann::ordered_json::parse(base::read_file(folder.path / kConfigFile));
    config["alpha_pattern"] = nlohmann::ordered_json::parse(patterns);
    base::write_file(folder.path / kConfigFile, config.dump());
    EXPECT_EQ(folder.read().scaling(0), scaling) << patterns;
  }
}

// The names of a file as programs that wrap models leave them.
TEST(ReadModule, TakesWrappersOffNames) {
  const auto renamed = [](const WrittenModule& folder, auto change) {
    folder.tensors([&](checkpoint::Tensors& tensors) {
      checkpoint::Tensors all;
      for (const auto& [key, tensor] : tensors) all[change(key)] = tensor;
      tensors = all;
    });
  };
  const std::string prefix = "base_model.model.";
  for (const std::string before :
       {"", "module.base_model.model.", "_orig_mod.base_model.model.",
        "base_model.model._orig_mod.", "base_model.model.base_model.model.", "model.",
        "base_model.model.module.", "_fsdp_wrapped_module.base_model.model.",
        "base_model.model.model.", "_forward_module.module.base_model.model.",
        "base_model.model.transformer."}) {
    const WrittenModule folder;
    renamed(folder, [&](const std::string& key) { return before + key.substr(prefix.size()); });
    expect_equal(folder.read(), folder.module);
  }
  const WrittenModule inside;
  renamed(inside, [](std::string key) {
    return key.insert(key.find(".layer."), "._orig_mod._checkpoint_wrapped_module");
  });
  expect_equal(inside.read(), inside.module);
  const WrittenModule twice;
  twice.tensors([](checkpoint::Tensors& t) { t["module." + kFirst] = t[kFirst].clone(); });
  EXPECT_THAT(twice.error(), AllOf(HasSubstr(kFirst), HasSubstr("is there twice")));
}

// PEFT on a T5EncoderModel: target_modules fits the decoder's layers too, the file has none.
TEST(ReadModule, TakesAnAdapterOfOneSideAlone) {
  for (const std::string side : {"encoder.", "decoder."}) {
    const WrittenModule folder;
    folder.tensors([&](checkpoint::Tensors& tensors) {
      std::erase_if(tensors,
                    [&](const auto& t) { return t.first.find(side) == std::string::npos; });
    });
    Module kept = folder.module;
    const auto linears = tiny().linears();
    std::erase_if(kept.slots, [&](const auto& slot) {
      return !linears[static_cast<size_t>(slot.first)].name.starts_with(side);
    });
    ASSERT_FALSE(kept.slots.empty());
    expect_equal(folder.read(), kept);
    folder.tensors([&](checkpoint::Tensors& tensors) { tensors.erase(std::prev(tensors.end())); });
    EXPECT_THAT(folder.error(), AllOf(HasSubstr("is missing from"), HasSubstr(side)));
  }
}

TEST(WriteModule, KeepsRanksAndScalingsOfSinglePlaces) {
  const Scratch scratch;
  Module module = made("m", tiny());
  auto& [slot, first] = *module.slots.begin();
  first = {.a = first.a.narrow(0, 0, 3).contiguous(), .b = first.b.narrow(1, 0, 3).contiguous()};
  module.own_scaling[slot] = 2.0 / 3;
  module.own_scaling[std::prev(module.slots.end())->first] = 0.5;
  write_module(scratch.path, module, tiny(), "base");
  const Module read = read_module(scratch.path, "m", tiny());
  expect_equal(read, module);
  EXPECT_EQ(read.own_scaling, module.own_scaling);
}

}  // namespace
}  // namespace lorahub::lora
