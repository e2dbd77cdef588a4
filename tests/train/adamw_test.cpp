#include "train/adamw.hpp"

#include <gtest/gtest.h>

#include "golden.hpp"
#include "train/gradients.hpp"

namespace lorahub::train {
namespace {

TEST(AdamW, twenty_steps_are_those_of_pytorch) {
  for (const std::string name : {"lora", "lora_all", "ia3", "ia3_relu", "full", "full_tied"}) {
    test::Case c = test::make_case(name);
    const auto& expected = c.expected;
    const auto& s = expected.at("steps");
    const AdamW rule{.weight_decay = s.at("weight_decay")};
    const Rate rate{.peak = s.at("lr"),
                    .schedule = Schedule::linear,
                    .warmup = s.at("warmup"),
                    .steps = s.at("count")};
    Moments moments = no_moments(c.trainable);
    Tensors start;
    for (const Parameter& p : c.trainable.parameters) start.push_back(p.value.clone());
    const size_t rows = s.at("rows");
    for (int64_t t = 0; t < rate.steps; ++t) {
      std::vector<t5::Pair> batch;
      for (size_t i = 0; i < rows; ++i)
        batch.push_back(
            c.golden.pairs[(static_cast<size_t>(t) * rows + i) % c.golden.pairs.size()]);
      Gradients found = gradients(c.trainable, batch, {}, 1);
      clip(found.of_mean, s.at("clip"));
      const double loss = expected.at("losses")[static_cast<size_t>(t)];
      EXPECT_NEAR(found.loss_sum / static_cast<double>(found.tokens), loss, 1e-4 * loss) << t;
      step(c.trainable, moments, found.of_mean, {.rule = rule, .rate = rate_at(rate, t)});
    }
    double worst = 0;
    for (size_t i = 0; i < start.size(); ++i) {
      const Parameter& p = c.trainable.parameters[i];
      const double d = test::deviation(expected.at("moved").at(p.name), p.name, p.value - start[i]);
      EXPECT_LT(d, 1e-4) << name << " " << p.name;
      worst = std::max(worst, d);
    }
    RecordProperty(name, base::format("{:.1e}", worst));
  }
}

TEST(AdamW, clipping_keeps_the_direction) {
  Tensors gradients{at::full({2}, 3.0F), at::full({2}, 4.0F)};  // norm sqrt(50)
  EXPECT_NEAR(clip(gradients, 0), std::sqrt(50.0), 1e-6);
  EXPECT_EQ(gradients[0][0].item<float>(), 3.0F);
  clip(gradients, 1);
  EXPECT_NEAR(gradients[0][0].item<float>(), 3 / std::sqrt(50.0), 1e-6);
  EXPECT_NEAR(gradients[1][1].item<float>(), 4 / std::sqrt(50.0), 1e-6);
}

TEST(AdamW, rates_are_those_of_transformers) {
  const Rate linear{.peak = 2, .schedule = Schedule::linear, .warmup = 4, .steps = 10};
  EXPECT_EQ(rate_at(linear, 0), 0);
  EXPECT_EQ(rate_at(linear, 2), 1);
  EXPECT_EQ(rate_at(linear, 4), 2);
  EXPECT_EQ(rate_at(linear, 7), 1);
  EXPECT_EQ(rate_at(linear, 10), 0);
  const Rate level{.peak = 2, .schedule = Schedule::constant, .warmup = 2, .steps = 10};
  EXPECT_EQ(rate_at(level, 1), 1);
  EXPECT_EQ(rate_at(level, 9), 2);
}

}  // namespace
}  // namespace lorahub::train
