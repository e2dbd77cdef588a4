// Adapters of every supported kind as PEFT saves them, against what PEFT computes with them in f64
// (tests/golden/peft_variants.py).
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "lora/base_weights.hpp"
#include "lora/dora.hpp"
#include "lora/pool.hpp"
#include "made.hpp"
#include "model/models.hpp"
#include "model/t5/generate.hpp"
#include "model/t5/reference.hpp"

namespace lorahub::lora {
namespace {

using nlohmann::json;
using study::Composition;
using Sums = std::vector<double>;

const std::filesystem::path kVariants = kGolden / "peft_variants";

const json& golden() {
  static const json read = json::parse(base::read_file(kVariants / "golden.json"));
  return read;
}

const lorahub::test::Golden& base_of(const std::string& name) {
  static const lorahub::test::Golden gated = lorahub::test::golden("tiny_gated"),
                                     relu = lorahub::test::golden("tiny_relu");
  return name == "tiny_gated" ? gated : relu;
}

void expect_close(const Sums& got, const Sums& want, const std::string& what) {
  ASSERT_EQ(got.size(), want.size()) << what;
  for (size_t i = 0; i < want.size(); ++i)
    EXPECT_LT(std::abs(got[i] - want[i]), 1e-5 * std::max(1.0, std::abs(want[i])))
        << what << " example " << i;
}

Sums plain_sums(const lorahub::test::Golden& base, const model::Adapter& adapter) {
  const at::Tensor sums =
      model::t5::reference::loss_sums(base.network, adapter, base.pairs).to(at::kDouble);
  return {sums.const_data_ptr<double>(), sums.const_data_ptr<double>() + sums.numel()};
}

Pool pool_of(const json& names, const model::Architecture& architecture) {
  std::vector<Module> modules;
  for (const std::string name : names)
    modules.push_back(read_module(kVariants / name, name, architecture));
  return stack(modules, architecture, base::Device::cpu);
}

class Variant : public testing::TestWithParam<const char*> {
 protected:
  // The base's weights in a file, since some adapters hold layers of it.
  Module read() {
    const auto tensors = base.model()->tensors();
    checkpoint::write_safetensors(files.path / "model.safetensors", tensors);
    return read_module(kVariants / GetParam(), GetParam(),
                       BaseWeights(base.architecture(), files.path));
  }
  const json& expected = golden().at("variants").at(GetParam());
  const lorahub::test::Golden& base = base_of(expected.at("base"));
  const Scratch files;
  const Module module = read();
};

TEST_P(Variant, HasTheRanksAndScalingsOfPeft) {
  json read = json::object();
  const auto linears = base.architecture().linears();
  for (const auto& [slot, factors] : module.slots)
    read[linears[static_cast<size_t>(slot)].name] = {factors.a.size(0), module.scaling(slot)};
  ASSERT_EQ(read.size(), expected.at("layers").size());
  for (const auto& [name, of] : expected.at("layers").items()) {
    ASSERT_TRUE(read.contains(name)) << name;
    EXPECT_EQ(read[name][0], of[0]) << name;
    EXPECT_DOUBLE_EQ(read[name][1].get<double>(), of[1].get<double>()) << name;
  }
}

TEST_P(Variant, HasTheLossesOfPeftInBothEnginesAndCompositions) {
  const Pool pool = stack({module}, base.architecture(), base::Device::cpu);
  for (const Composition composition : {Composition::factor, Composition::product}) {
    const model::Adapter adapter = compose(pool, std::vector{1.0}, composition, at::kFloat);
    expect_close(model::t5::loss_sums(base.network, adapter, base.pairs), expected.at("loss_sum"),
                 "fast");
    expect_close(plain_sums(base, adapter), expected.at("loss_sum"), "reference");
  }
}

TEST_P(Variant, AnswersAsPeft) {
  const Pool pool = stack({module}, base.architecture(), base::Device::cpu);
  std::vector<model::Ids> sources;
  for (const model::Tokens& pair : base.pairs) sources.push_back(pair.source);
  const auto answers = model::t5::generate(
      base.network, compose(pool, std::vector{1.0}, Composition::product, at::kFloat), sources,
      {base.max_tokens});
  for (size_t i = 0; i < answers.size(); ++i) {
    model::Ids want = expected.at("greedy")[i];
    if (want.back() == base.config.eos) want.pop_back();
    EXPECT_EQ(answers[i], want) << i;
  }
}

TEST_P(Variant, IsWrittenAndReadBack) {
  const Scratch scratch;
  write_module(scratch.path, module, base.architecture(), "base");
  const Module again = read_module(scratch.path, "again", base.architecture());
  ASSERT_EQ(again.slots.size(), module.slots.size());
  for (const auto& [slot, factors] : module.slots) {
    EXPECT_TRUE(at::equal(again.slots.at(slot).a, factors.a));
    EXPECT_TRUE(at::equal(again.slots.at(slot).b, factors.b));
    EXPECT_NEAR(again.scaling(slot), module.scaling(slot), 1e-15);
  }
}

INSTANTIATE_TEST_SUITE_P(Peft, Variant,
                         testing::Values("every_linear", "patterns", "regular_expression",
                                         "some_layers", "all_linear", "tied_head", "saved_layers",
                                         "saved_embeddings"));

// A DoRA is no mixture's: alone, in weights of its own, it has PEFT's losses and answers.
TEST(Dora, HasTheLossesAndAnswersOfPeft) {
  const json& expected = golden().at("variants").at("dora");
  const lorahub::test::Golden& base = base_of("tiny_gated");
  const model::t5::T5Architecture architecture = base.architecture();
  const BaseWeights of_base(architecture);
  const DoraModule dora = read_dora_module(kVariants / "dora", "dora", of_base);
  EXPECT_EQ(dora.lengths.size(), expected.at("layers").size());
  const auto model = with_dora(*base.model(), dora);
  expect_close(model->loss_sums({}, base.pairs), expected.at("loss_sum"), "fast");
  const at::Tensor plain = model->reference_loss_sums({}, base.pairs).to(at::kDouble);
  expect_close({plain.const_data_ptr<double>(), plain.const_data_ptr<double>() + plain.numel()},
               expected.at("loss_sum"), "reference");
  std::vector<model::Ids> sources;
  for (const model::Tokens& pair : base.pairs) sources.push_back(pair.source);
  const auto answers = model->generate({}, sources, {base.max_tokens});
  for (size_t i = 0; i < answers.size(); ++i) {
    model::Ids want = expected.at("greedy")[i];
    if (want.back() == base.config.eos) want.pop_back();
    EXPECT_EQ(answers[i], want) << i;
  }
  EXPECT_THAT(error_of([&] { read_module(kVariants / "dora", "dora", base.architecture()); }),
              testing::AllOf(testing::HasSubstr("'dora' has use_dora"),
                             testing::HasSubstr("infer --adapter")));
}

TEST(Dora, WithoutItsLengthsIsRefused) {
  const Scratch scratch;
  std::filesystem::copy(kVariants / "dora", scratch.path / "dora");
  const auto file = scratch.path / "dora" / "adapter_model.safetensors";
  const auto error_after = [&](auto change) {
    checkpoint::Tensors tensors;
    for (const auto& [key, tensor] : checkpoint::read_safetensors(file))
      tensors[key] = tensor.clone();
    change(tensors);
    checkpoint::write_safetensors(file, tensors);
    const model::t5::T5Architecture architecture = base_of("tiny_gated").architecture();
    const BaseWeights of_base(architecture);
    return error_of([&] { read_dora_module(scratch.path / "dora", "dora", of_base); });
  };
  const std::string name =
      "base_model.model.encoder.block.1.layer.0.SelfAttention.q.lora_magnitude_vector";
  EXPECT_THAT(error_after([&](auto& tensors) { tensors.at(name)[2] = NAN; }),
              testing::HasSubstr(name));
  EXPECT_THAT(error_after([&](auto& tensors) { tensors.at(name) = at::ones({3}); }),
              testing::AllOf(testing::HasSubstr(name), testing::HasSubstr("[3]")));
  EXPECT_THAT(error_after([&](auto& tensors) { tensors.erase(name); }),
              testing::HasSubstr("encoder.block.1.layer.0.SelfAttention.q is missing"));
}

// Modules of other layers, ranks and scalings in one mixture; weights of both signs. No cross
// terms, no lost sign, each module's own scaling once: what huggingface/peft #2918, #3004, #3111
// and #3761 report of add_weighted_adapter.
TEST(MixtureToWrite, ProductIsTheSumOfWhatEachAdds) {
  const lorahub::test::Golden& base = base_of("tiny_gated");
  const Pool pool = pool_of(golden().at("modules"), base.architecture());
  EXPECT_TRUE(pool.mixed());
  Sums want;
  std::vector<double> weights;
  for (size_t p = 0; p < golden().at("weights").size(); ++p) {
    const std::vector<double> w = golden().at("weights")[p];
    const Sums sums = golden().at("product")[p];
    weights.insert(weights.end(), w.begin(), w.end());
    want.insert(want.end(), sums.begin(), sums.end());
    expect_close(plain_sums(base, compose(pool, w, Composition::product, at::kFloat)), sums,
                 "reference");
    const Module one = composed_module(pool, w, Composition::product);
    const Pool alone = stack({one}, base.architecture(), base::Device::cpu);
    expect_close(model::t5::loss_sums(
                     base.network,
                     compose(alone, std::vector{1.0}, Composition::factor, at::kFloat), base.pairs),
                 sums, "composed");
  }
  expect_close(
      model::t5::loss_sums(base.network, compose(pool, weights, Composition::product, at::kFloat),
                           base.pairs),
      want, "fast");
}

TEST(MixtureToWrite, FactorCountsALayerThatAModuleLacksAsZero) {
  const lorahub::test::Golden& base = base_of("tiny_gated");
  const Pool pool = pool_of(golden().at("factor_modules"), base.architecture());
  EXPECT_FALSE(pool.mixed());
  for (size_t p = 0; p < golden().at("weights").size(); ++p) {
    std::vector<double> w = golden().at("weights")[p];
    w.pop_back();
    const Sums want = golden().at("factor")[p];
    const model::Adapter adapter = compose(pool, w, Composition::factor, at::kFloat);
    expect_close(model::t5::loss_sums(base.network, adapter, base.pairs), want, "fast");
    expect_close(plain_sums(base, adapter), want, "reference");
    const Pool alone = stack({composed_module(pool, w, Composition::factor)}, base.architecture(),
                             base::Device::cpu);
    expect_close(model::t5::loss_sums(
                     base.network,
                     compose(alone, std::vector{1.0}, Composition::factor, at::kFloat), base.pairs),
                 want, "composed");
  }
}

// Zero columns in a pool of equal ranks: a product of modules with other layers.
TEST(MixtureToWrite, ProductOfEqualRanksLeavesOutWhatIsNotThere) {
  const lorahub::test::Golden& base = base_of("tiny_gated");
  const Pool pool = pool_of(golden().at("factor_modules"), base.architecture());
  const Module mixed = composed_module(pool, std::vector{0.5, -1.0, 0.25}, Composition::product);
  for (size_t place = 0; place < pool.slots.size(); ++place) {
    const auto& ranks = pool.ranks[place];
    EXPECT_EQ(mixed.slots.at(pool.slots[place]).a.size(0),
              std::accumulate(ranks.begin(), ranks.end(), int64_t{0}));
  }
}

}  // namespace
}  // namespace lorahub::lora
