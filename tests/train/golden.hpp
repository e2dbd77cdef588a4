// The cases of tests/golden/train_golden.py: what is trained, its start, and what PEFT and
// transformers found.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>

#include "../model/models.hpp"
#include "train/trainable.hpp"

namespace lorahub::train::test {

struct Case {
  nlohmann::json expected;
  lorahub::test::Golden golden;
  LoraShape shape;  // of LoRA cases
  Trainable trainable;
};

inline nlohmann::json read_case(const std::string& name) {
  std::ifstream file(std::string(SOURCE_DIR) + "/tests/golden/train/" + name + ".json");
  return nlohmann::json::parse(file);
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
  for (Parameter& p : c.trainable.parameters) {  // as the script starts them
    const auto in = static_cast<double>(p.value.size(-1));
    if (p.name.find("lora_A") != std::string::npos)
      p.value.copy_(lorahub::test::hashed(p.name, p.value.sizes(), 1 / std::sqrt(in)));
    if (p.name.find("lora_B") != std::string::npos)
      p.value.copy_(lorahub::test::hashed(p.name, p.value.sizes(), 0.1));
    if (p.name.ends_with("ia3_l"))
      p.value.copy_(lorahub::test::hashed(p.name, p.value.sizes(), 0.2, 1));
  }
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

}  // namespace lorahub::train::test
