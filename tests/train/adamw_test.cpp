#include "train/adamw.hpp"

#include <gtest/gtest.h>

#include "base/check.hpp"
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
    TensorList start;
    for (const Parameter& p : c.trainable.parameters) start.push_back(p.value.clone());
    const size_t rows = s.at("rows");
    for (int64_t t = 0; t < rate.steps; ++t) {
      std::vector<model::Tokens> batch;
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

// One parameter with its factor moves as a training of that parameter alone at that rate.
TEST(AdamW, factors_are_rates_of_their_own) {
  test::Case c = test::make_case("lora");
  const std::vector<double> factors = rate_factors(c.trainable, {{"lora_B", 4}, {"q", 0.5}});
  const AdamW rule{.beta1 = 0.8, .beta2 = 0.95, .weight_decay = 0.1};
  const TensorList found = gradients(c.trainable, c.golden.pairs, {}, 1).of_mean;
  std::vector<TensorList> expected;
  for (const double factor : {0.5, 1.0, 2.0, 4.0}) {
    test::Case other = test::make_case("lora");
    Moments moments = no_moments(other.trainable);
    for (int t = 0; t < 3; ++t)
      step(other.trainable, moments, found, {.rule = rule, .rate = 0.01 * factor});
    expected.push_back(values(other.trainable));
  }
  Moments moments = no_moments(c.trainable);
  for (int t = 0; t < 3; ++t)
    step(c.trainable, moments, found, {.rule = rule, .rate = 0.01, .factors = factors});
  for (size_t i = 0; i < factors.size(); ++i) {
    const std::string& name = c.trainable.parameters[i].name;
    const bool b = name.find("lora_B") != std::string::npos,
               q = name.find(".q.") != std::string::npos;
    EXPECT_EQ(factors[i], (b ? 4 : 1) * (q ? 0.5 : 1)) << name;
    const size_t which = static_cast<size_t>(std::log2(factors[i]) + 1);
    EXPECT_TRUE(at::equal(c.trainable.parameters[i].value, expected[which][i])) << name;
  }
  EXPECT_THROW(rate_factors(c.trainable, {{"lora_C", 2}}), base::Error);
  EXPECT_THROW(rate_factors(c.trainable, {{"lora", 2}}), base::Error);  // a part is whole
}

TEST(AdamW, clipping_keeps_the_direction) {
  TensorList gradients{at::full({2}, 3.0F), at::full({2}, 4.0F)};  // norm sqrt(50)
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
  // Transformers has no such schedule: 4 + 3 steps, then 6 to 0.
  const Rate held{.peak = 2, .schedule = Schedule::linear, .warmup = 4, .steps = 13, .hold = 3};
  EXPECT_EQ(rate_at(held, 2), 1);
  for (const int64_t step : {4, 5, 6, 7}) EXPECT_EQ(rate_at(held, step), 2);
  EXPECT_EQ(rate_at(held, 10), 1);
  EXPECT_EQ(rate_at(held, 13), 0);
  const Rate level{.peak = 2, .schedule = Schedule::constant, .warmup = 2, .steps = 10};
  EXPECT_EQ(rate_at(level, 1), 1);
  EXPECT_EQ(rate_at(level, 9), 2);
}

}  // namespace
}  // namespace lorahub::train
