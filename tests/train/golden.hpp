// The cases of tests/golden/train_golden.py: what is trained, its start, and what PEFT and
// transformers found.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>

#include "../model/models.hpp"
#include "train/gradients.hpp"
#include "train/trainable.hpp"

namespace lorahub::train::test {

struct Case {
  nlohmann::json expected;
  lorahub::test::Golden golden;
  LoraShape shape;  // of LoRA cases
  Trainable trainable;
};

inline nlohmann::json read_golden(const std::string& name) {
  std::ifstream file(std::string(SOURCE_DIR) + "/tests/golden/" + name + ".json");
  return nlohmann::json::parse(file);
}
inline nlohmann::json read_case(const std::string& name) { return read_golden("train/" + name); }

// Sets the values of LoRA and IA3 as the scripts start them; B is up to `b`.
inline void start(Trainable& trainable, double b) {
  for (Parameter& p : trainable.parameters) {
    const auto in = static_cast<double>(p.value.size(-1));
    if (p.name.find("lora_A") != std::string::npos)
      p.value.copy_(lorahub::test::hashed(p.name, p.value.sizes(), 1 / std::sqrt(in)));
    if (p.name.find("lora_B") != std::string::npos)
      p.value.copy_(lorahub::test::hashed(p.name, p.value.sizes(), b));
    if (p.name.ends_with("ia3_l"))
      p.value.copy_(lorahub::test::hashed(p.name, p.value.sizes(), 0.2, 1));
  }
}

inline Case make_case(const std::string& name, at::ScalarType dtype = at::kFloat) {
  Case c{.expected = read_case(name)};
  c.golden = lorahub::test::golden(c.expected.at("shape"), dtype);
  if (name.starts_with("lora")) {
    c.shape = {.rank = c.expected.at("rank"),
               .alpha = c.expected.at("alpha"),
               .targets = c.expected.at("targets")};
    c.trainable = lora(c.golden.model(), c.shape, 1);
  } else if (name.starts_with("ia3")) {
    c.trainable = ia3(c.golden.model());
  } else {
    c.trainable = full(c.golden.model(), dtype);
  }
  start(c.trainable, 0.1);
  return c;
}

// The largest difference of norm and inner products from those expected, relative to the norm (a
// direction's products with a difference of norm e have a spread of e / sqrt(3)).
inline double deviation(const nlohmann::json& expected, const std::string& name,
                        const at::Tensor& tensor) {
  const at::Tensor wide = tensor.detach().to(at::kDouble).flatten();
  const double norm = expected.at("norm");
  double worst = std::abs(wide.norm().item<double>() - norm);
  for (int k = 0; k < 4; ++k) {
    const at::Tensor direction =
        lorahub::test::hashed(base::format("direction.{}.{}", k, name), {wide.numel()}, 1);
    const double inner = (wide * direction.to(at::kDouble)).sum().item<double>();
    worst = std::max(worst,
                     std::abs(inner - expected.at("inner")[static_cast<size_t>(k)].get<double>()));
  }
  return worst / norm;
}

// Expects the gradients of all parameters within `bound` of those expected. Returns the largest
// deviation.
inline double expect_gradients(const Trainable& trainable, const TensorList& found,
                               const nlohmann::json& expected, double bound) {
  EXPECT_EQ(found.size(), expected.size());
  double worst = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    const std::string& parameter = trainable.parameters[i].name;
    const double d = deviation(expected.at(parameter), parameter, found[i]);
    EXPECT_LT(d, bound) << parameter;
    worst = std::max(worst, d);
  }
  return worst;
}

// The slope of the loss along a hashed direction of all parameters, in f64, as the gradients tell
// it and as the loss moves. Leaves the parameters moved.
struct Slope {
  double told = 0, measured = 0;
};
inline Slope slope(Trainable& trainable, std::span<const model::Tokens> rows, const Noise& noise) {
  const Gradients found = gradients(trainable, rows, noise, 1);
  TensorList start, directions;
  Slope result;
  for (size_t i = 0; i < found.of_mean.size(); ++i) {
    const Parameter& p = trainable.parameters[i];
    start.push_back(p.value.clone());
    directions.push_back(lorahub::test::hashed(p.name + "/d", p.value.sizes(), 1).to(at::kDouble));
    result.told += (found.of_mean[i].to(at::kDouble) * directions[i]).sum().item<double>();
  }
  const auto loss_at = [&](double h) {
    for (size_t i = 0; i < start.size(); ++i)
      trainable.parameters[i].value = start[i] + h * directions[i];
    const Gradients moved = gradients(trainable, rows, noise, 1);
    return moved.loss_sum / static_cast<double>(moved.tokens);
  };
  const double h = 1e-6;
  result.measured = (loss_at(h) - loss_at(-h)) / (2 * h);
  return result;
}

}  // namespace lorahub::train::test
