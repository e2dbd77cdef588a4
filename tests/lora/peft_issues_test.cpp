// What users of PEFT's add_weighted_adapter reported, each as a test of how adapters are mixed here
// (github.com/huggingface/peft, numbers in the names). The mixture is compared as what it adds to a
// layer's weight, B A times the scaling, never A and B apart. README.md has the table of variants.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "lora/peft.hpp"
#include "lora/truncate.hpp"
#include "made.hpp"

namespace lorahub::lora {
namespace {

using nlohmann::json;
using study::Composition;
using testing::AllOf;
using testing::HasSubstr;

constexpr double kTolerance = 1e-5;  // f32 factors, sums of 4 products of values of about 0.1

// [out, in] in f64.
at::Tensor added(const Module& module, int slot) {
  const Factors& factors = module.slots.at(slot);
  return factors.b.to(at::kDouble).matmul(factors.a.to(at::kDouble)) * module.scaling(slot);
}

at::Tensor expected(const std::vector<Module>& modules, const std::vector<double>& weights,
                    int slot) {
  at::Tensor sum = added(modules[0], slot) * weights[0];
  for (size_t i = 1; i < modules.size(); ++i) sum += added(modules[i], slot) * weights[i];
  return sum;
}

// `mixed`, alone at weight 1 as a later user loads it, against the sum of what the modules add.
void expect_sum(const Module& mixed, const std::vector<Module>& modules,
                const std::vector<double>& weights) {
  const Pool alone = stack({mixed}, tiny(), base::Device::cpu);
  const model::Adapter adapter = compose(alone, std::vector{1.0}, Composition::product, at::kFloat);
  ASSERT_EQ(mixed.slots.size(), modules[0].slots.size());
  for (const auto& [slot, unused] : modules[0].slots) {
    const at::Tensor want = expected(modules, weights, slot);
    EXPECT_LT(largest(added(mixed, slot) - want), kTolerance) << slot;
    EXPECT_LT(largest(delta(adapter.slots[static_cast<size_t>(slot)], 0) - want), kTolerance)
        << slot;
  }
}

Module mixed(const std::vector<Module>& modules, const std::vector<double>& weights) {
  return composed_module(stack(modules, tiny(), base::Device::cpu), weights, Composition::product);
}

// #2918: negative weights were handled on A and B apart, and wrong once multiplied.
TEST(PeftIssue2918, NegativeWeightsKeepTheirSign) {
  const std::vector<Module> modules{made("x", tiny()), made("y", tiny(), {.rank = 4, .alpha = 2})};
  for (const std::vector<double>& w :
       {std::vector{-1.0, -1.0}, std::vector{0.7, -0.3}, std::vector{-0.2, 1.5}})
    expect_sum(mixed(modules, w), modules, w);
  EXPECT_LT(largest(added(mixed({modules[0]}, {-1.0}), 0) + added(modules[0], 0)), kTolerance);
  EXPECT_GT(largest(added(modules[0], 0)), 100 * kTolerance);  // there is something to lose
}

// #3004: weights of both signs made cross terms (A1 - A2)(B1 + B2); [1] and [-1] gave the same.
TEST(PeftIssue3004, WeightsOfBothSignsHaveNoCrossTerms) {
  const Module one = made("x", tiny());
  Module copy = one;
  copy.name = "copy";
  const std::vector<double> opposite{1.0, -1.0};
  for (const auto& [slot, unused] : one.slots)
    EXPECT_LT(largest(added(mixed({one, copy}, opposite), slot)), kTolerance);
  const std::vector<Module> modules{one, made("y", tiny())};
  expect_sum(mixed(modules, opposite), modules, opposite);
}

// #3111: the combination by SVD applied the scaling twice.
TEST(PeftIssue3111, ScalingCountsOnceWhereTheMixtureIsFactoredAgain) {
  const std::vector<Module> modules{made("x", tiny(), {.rank = 2, .alpha = 16}),
                                    made("y", tiny(), {.rank = 3, .alpha = 1})};
  const std::vector<double> weights{0.5, -1.25};
  expect_sum(truncate(mixed(modules, weights), 5), modules, weights);
}

// #3761: one adapter at weight 1 did not come back where it had rsLoRA, a bias of its own, DoRA or
// KaSA.
TEST(PeftIssue3761, OneModuleAtOneComesBackOrIsRefusedByName) {
  const Scratch scratch;
  const Module plain = made("m", tiny());
  write_module(scratch.path, plain, tiny(), "base");
  const std::string file = (scratch.path / kConfigFile).string();
  const json config = json::parse(base::read_file(file));
  const auto with = [&](const json& change) {
    json changed = config;
    changed.update(change);
    base::write_file(file, changed.dump());
  };
  with({{"use_rslora", true}});
  const Module stable = read_module(scratch.path, "m", tiny());
  EXPECT_DOUBLE_EQ(stable.scaling(), plain.alpha / 2);  // alpha / sqrt(4)
  for (const auto composition : {Composition::product, Composition::factor}) {
    const Module back =
        composed_module(stack({stable}, tiny(), base::Device::cpu), std::vector{1.0}, composition);
    write_module(scratch.path / "back", back, tiny(), "base");
    expect_sum(read_module(scratch.path / "back", "back", tiny()), {stable}, {1.0});
  }
  for (const json& change : {json{{"lora_bias", true}}, json{{"use_dora", true}},
                             json{{"kasa_config", {{"beta", 1e-4}}}}}) {
    with(change);
    EXPECT_THAT(error_of([&] { read_module(scratch.path, "m", tiny()); }),
                AllOf(HasSubstr(change.begin().key()), HasSubstr("'m'")));
  }
}

}  // namespace
}  // namespace lorahub::lora
