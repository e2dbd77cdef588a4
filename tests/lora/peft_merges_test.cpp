// Losses of modules that PEFT merges or routes: tests/golden/peft_merges.py.
#include <nlohmann/json.hpp>

#include "made.hpp"
#include "model/t5/loss.hpp"
#include "model/t5/reference.hpp"
#include "study/compositions.hpp"

namespace lorahub::lora {
namespace {

using Json = nlohmann::json;
using study::Composition;

// Values as the script makes them.
at::Tensor drawn(const std::string& purpose, at::IntArrayRef sizes, double width) {
  at::Tensor values = at::empty(sizes, at::kFloat);
  base::Stream stream(1, purpose);
  for (int64_t i = 0; i < values.numel(); ++i)
    values.mutable_data_ptr<float>()[i] = static_cast<float>((stream.uniform() - 0.5) * width);
  return values;
}

struct MergesLab {
  Json golden = Json::parse(base::read_file(kGolden / "peft_merges.json"));
  model::t5::Network network = model::t5::load(kModel, {});
  model::t5::T5Architecture architecture{network.config};
  std::vector<model::Tokens> examples;

  MergesLab() {
    for (const auto& row : golden["examples"])
      examples.push_back({.source = row["source"], .target = row["target"]});
  }

  Module module(const Json& made) const {
    Module module{.name = made["name"], .rank = made["rank"], .alpha = made["alpha"], .slots = {}};
    const std::vector<std::string> layers = made["layers"];
    const std::vector<model::LinearInfo>& linears = architecture.linears();
    for (size_t slot = 0; slot < linears.size(); ++slot) {
      const model::LinearInfo& layer = linears[slot];
      const std::string last = layer.name.substr(layer.name.find_last_of('.') + 1);
      if (std::ranges::count(layers, last) == 0) continue;
      const std::string stem = base::format("{}/{}", module.name, layer.name);
      module.slots[static_cast<int>(slot)] = {
          .a = drawn(stem + "/a", {module.rank, layer.in}, 0.5),
          .b = drawn(stem + "/b", {layer.out, module.rank}, 0.25)};
    }
    return module;
  }

  // The modules of these names; all of them for none.
  Pool pool(const std::vector<std::string>& names = {}) const {
    std::vector<Module> modules;
    for (const Json& made : golden["modules"])
      if (names.empty() || std::ranges::count(names, made["name"].get<std::string>()) > 0)
        modules.push_back(module(made));
    return stack(modules, architecture, base::Device::cpu);
  }

  std::vector<double> plain(const model::Adapter& adapter) const {
    const at::Tensor sums =
        model::t5::reference::loss_sums(network, adapter, examples).to(at::kDouble);
    return {sums.const_data_ptr<double>(), sums.const_data_ptr<double>() + sums.numel()};
  }
};
const MergesLab& merges_lab() {
  static const MergesLab lab;
  return lab;
}

study::MixingRule rule_of(const Json& golden) {
  return {study::parse<Composition>(golden.value("composition", "arrow"), "composition"),
          {.density = golden.value("density", 1.0),
           .rank = golden.value("rank", 0),
           .experts = golden.value("experts", 1),
           .temperature = golden.value("temperature", 1.0)},
          golden.value("seed", uint64_t{1})};
}

std::vector<double> flat(const Json& rows) {
  std::vector<double> all;
  for (const auto& row : rows)
    for (const double x : row) all.push_back(x);
  return all;
}

// f32 against f64: as of the other losses against PEFT (golden_test.cpp).
constexpr double kNear = 1e-5;

TEST(PeftMerges, HaveTheLossesThatPeftComputes) {
  const MergesLab& lab = merges_lab();
  const Pool pool = lab.pool();
  const std::vector<double> weights = flat(lab.golden["weights"]);
  for (const Json& merge : lab.golden["merges"]) {
    const study::MixingRule rule = rule_of(merge);
    const model::Adapter adapter = compose(pool, weights, rule, at::kFloat);
    EXPECT_LT(worst(model::t5::loss_sums(lab.network, adapter, lab.examples), flat(merge["sums"])),
              kNear)
        << text(rule);
  }
}

TEST(PeftMerges, ArrowRoutesTokensAsPeftDoes) {
  const MergesLab& lab = merges_lab();
  const Pool pool = lab.pool(lab.golden["routed"]);
  const std::vector<double> ones(static_cast<size_t>(pool.size()), 1.0);
  for (const Json& route : lab.golden["routes"]) {
    const study::MixingRule rule = rule_of(route);
    const model::Adapter adapter = compose(pool, ones, rule, at::kFloat);
    EXPECT_LT(worst(model::t5::loss_sums(lab.network, adapter, lab.examples), route["sums"]), kNear)
        << text(rule);
    EXPECT_LT(worst(lab.plain(adapter), route["sums"]), kNear) << "plain: " << text(rule);
  }
}

// Candidates side by side, with short targets too, for which cross-attention is otherwise absorbed.
TEST(PeftMerges, ACandidateOfARoutedPopulationHasTheLossesThatItHasAlone) {
  const MergesLab& lab = merges_lab();
  const Pool pool = lab.pool(lab.golden["routed"]);
  const study::MixingRule rule(Composition::arrow, {.experts = 2}, 1);
  const std::vector<double> weights = {1, 1, 1, 0.5, -0.25, 1.5};
  std::vector<model::Tokens> shortened = lab.examples;
  for (model::Tokens& pair : shortened) pair.target.resize(1);
  for (const std::vector<model::Tokens>* examples : {&lab.examples, &std::as_const(shortened)}) {
    const auto sums =
        model::t5::loss_sums(lab.network, compose(pool, weights, rule, at::kFloat), *examples);
    std::vector<double> alone;
    for (size_t first = 0; first < weights.size(); first += 3) {
      const at::Tensor one = model::t5::reference::loss_sums(
          lab.network, compose(pool, std::span(weights).subspan(first, 3), rule, at::kFloat),
          *examples);
      for (int64_t k = 0; k < one.numel(); ++k) alone.push_back(one[k].item<double>());
    }
    EXPECT_LT(worst(sums, alone), kNear);
  }
}

// What is written is an adapter of the modules' rank, which has the loss of the mixture.
TEST(PeftMerges, AWrittenMergeIsTheMerge) {
  const MergesLab& lab = merges_lab();
  const Pool pool = lab.pool();
  for (const Json& merge : lab.golden["merges"]) {
    const study::MixingRule rule = rule_of(merge);
    const std::vector<double> weights = lab.golden["weights"][2];
    Module module = composed_module(pool, weights, rule);
    EXPECT_EQ(module.rank, std::max<int64_t>(4, rule.settings.rank)) << text(rule);
    const Pool alone = stack({std::move(module)}, lab.architecture, base::Device::cpu);
    const model::Adapter adapter =
        compose(alone, std::vector{1.0}, Composition::product, at::kFloat);
    EXPECT_LT(worst(model::t5::loss_sums(lab.network, adapter, lab.examples), merge["sums"][2]),
              kNear)
        << text(rule);
  }
}

TEST(PeftMerges, ModulesThatTheSourceRefusesAreRefusedByName) {
  const auto error = [](const study::MixingRule& rule, const std::vector<Module>& modules) {
    const std::vector<double> ones(modules.size(), 1.0);
    return error_of([&] { compose(pool_of(modules), ones, rule, at::kFloat); });
  };
  const Module x = made("x", tiny()), narrow = made("y", tiny(), {.rank = 2, .alpha = 4});
  const Module weak = made("z", tiny(), {.rank = 4, .alpha = 1});
  for (const Composition composition :
       {Composition::linear, Composition::ties, Composition::dare_linear, Composition::dare_ties,
        Composition::magnitude_prune}) {
    EXPECT_EQ(error(composition, {x, weak}), "");  // PEFT mixes unlike alpha/r
    EXPECT_THAT(
        error(composition, {x, narrow}),
        testing::AllOf(testing::HasSubstr(study::name(composition)),
                       testing::HasSubstr("'x' has rank 4"), testing::HasSubstr("'y' rank 2")));
  }
  EXPECT_EQ(error(Composition::svd, {x, narrow}), "");
  const study::MixingRule pairs(Composition::arrow, {.experts = 2}, 1);
  EXPECT_EQ(error(pairs, {x, weak}), "");
  EXPECT_THAT(error(pairs, {x, narrow}), testing::HasSubstr("'x' and 'y' differ in rank"));
  EXPECT_THAT(error(Composition::arrow, {x, weak}),
              testing::HasSubstr("cannot take part of 3 modules (there are 2)"));
  EXPECT_THAT(error_of([&] {
                composed_module(pool_of({x, weak}), std::vector{1.0, 1.0}, pairs);
              }),
              testing::HasSubstr("can't be written as an adapter"));
}

}  // namespace
}  // namespace lorahub::lora
