#include "train/mixing.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "../tensor/with_gpu.hpp"
#include "golden.hpp"

namespace lorahub::train {
namespace {

struct Lab {
  lorahub::test::Golden golden = lorahub::test::golden("tiny_gated");
  lora::Pool pool;
};

Lab lab(base::Device device = base::Device::cpu) {
  Lab lab;
  std::vector<lora::Module> modules;
  const auto linears = lab.golden.architecture().linears();
  for (const std::string name : {"m0", "m1", "m2"}) {
    lora::Module module{.name = name, .rank = 2, .alpha = 3, .slots = {}};
    for (size_t slot = 0; slot < linears.size(); ++slot) {
      const auto& [layer, out, in, part] = linears[slot];
      if (!layer.ends_with(".q") && !layer.ends_with(".v")) continue;
      module.slots[static_cast<int>(slot)] = {
          .a = lorahub::test::hashed(name + layer + "a", {2, in}, 0.4),
          .b = lorahub::test::hashed(name + layer + "b", {out, 2}, 0.4)};
    }
    modules.push_back(module);
  }
  lab.pool = lora::stack(modules, lab.golden.architecture(), device);
  if (device == base::Device::cuda)
    lab.golden.network =
        model::t5::build(lab.golden.config,
                         lorahub::test::hash_model(lab.golden.config, lorahub::test::Head::untied),
                         {.device = device});
  return lab;
}

const std::vector<double> kStart{0.5, -0.3, 0.8};

Mixing::Slope slope_at(const Lab& lab, study::Composition composition,
                       const std::vector<double>& weights) {
  return Mixing(lab.golden.model(), {.pool = lab.pool, .composition = composition})
      .slope(weights, lab.golden.pairs);
}

// The gradient against differences of the fast path's losses, which has no gradient of its own.
TEST(Mixing, gradient_is_the_slope_of_the_composed_loss) {
  const Lab l = lab();
  for (const auto composition : {study::Composition::factor, study::Composition::product}) {
    const Mixing::Slope slope = slope_at(l, composition, kStart);
    double tokens = 0;
    for (const auto& pair : l.golden.pairs) tokens += static_cast<double>(pair.target.size());
    const auto loss_at = [&](std::vector<double> w) {
      double sum = 0;
      for (const double s : model::t5::loss_sums(
               l.golden.network, lora::compose(l.pool, w, composition, at::kFloat), l.golden.pairs))
        sum += s;
      return sum / tokens;
    };
    EXPECT_NEAR(slope.loss, loss_at(kStart), 1e-5);
    for (size_t i = 0; i < kStart.size(); ++i) {
      std::vector<double> up = kStart, down = kStart;
      up[i] += 0.01;
      down[i] -= 0.01;
      const double expected = (loss_at(up) - loss_at(down)) / 0.02;
      EXPECT_NEAR(slope.gradient[i], expected, 2e-3 + 5e-3 * std::abs(expected)) << i;
    }
  }
}

TEST(Mixing, the_factor_form_has_no_slope_at_zero) {
  const Lab l = lab();
  const std::vector<double> zero(3, 0.0);
  EXPECT_EQ(slope_at(l, study::Composition::factor, zero).gradient, zero);
  EXPECT_NE(slope_at(l, study::Composition::product, zero).gradient, zero);
}

TEST(Mixing, on_a_gpu_slope_is_that_of_the_cpu) {
  if (!lorahub::test::with_gpu()) GTEST_SKIP() << "no GPU";
  const Lab l = lab(), there = lab(base::Device::cuda);
  for (const auto composition : {study::Composition::factor, study::Composition::product}) {
    const Mixing::Slope expected = slope_at(l, composition, kStart);
    const Mixing::Slope found = slope_at(there, composition, kStart);
    EXPECT_NEAR(found.loss, expected.loss, 1e-4);
    for (size_t i = 0; i < kStart.size(); ++i)
      EXPECT_NEAR(found.gradient[i], expected.gradient[i],
                  1e-4 + 1e-3 * std::abs(expected.gradient[i]));
  }
}

// One object serves several threads, each at its own weights.
TEST(Mixing, a_slope_leaves_nothing_behind) {
  const Lab l = lab();
  const Mixing mixing(l.golden.model(),
                      {.pool = l.pool, .composition = study::Composition::product});
  const std::vector<double> elsewhere{0.1, 0.9, -0.4};
  const Mixing::Slope first = mixing.slope(kStart, l.golden.pairs);
  EXPECT_NE(mixing.slope(elsewhere, l.golden.pairs).gradient, first.gradient);
  const Mixing::Slope again = mixing.slope(kStart, l.golden.pairs);
  EXPECT_EQ(again.loss, first.loss);
  EXPECT_EQ(again.gradient, first.gradient);
}

}  // namespace
}  // namespace lorahub::train
