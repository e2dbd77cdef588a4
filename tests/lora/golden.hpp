// The golden losses of tests/golden/peft_golden.py.
#pragma once
#include <nlohmann/json.hpp>

#include "checkpoint/weights.hpp"
#include "made.hpp"
#include "model/t5/loss.hpp"

namespace lorahub::lora {

using Rows = std::vector<std::vector<double>>;

struct Golden {
  std::vector<model::Tokens> examples;
  std::vector<std::string> names;
  std::vector<double> base;  // [K]
  Rows singles, weights, factor, product;
};

inline Golden read_golden() {
  const auto json = nlohmann::json::parse(base::read_file(kGolden / "peft_golden.json"));
  Golden golden{.examples = {},
                .names = json["modules"],
                .base = json["base"],
                .singles = json["singles"],
                .weights = json["weights"],
                .factor = json["factor"],
                .product = json["product"]};
  for (const auto& row : json["examples"])
    golden.examples.push_back({.source = row["source"], .target = row["target"]});
  return golden;
}

inline Pool golden_pool(const Golden& golden, const model::Architecture& architecture) {
  std::vector<Module> modules;
  for (const std::string& name : golden.names)
    modules.push_back(read_module(module_folder(kLibrary, name), name, architecture));
  return stack(modules, architecture, base::Device::cpu);
}

inline std::vector<double> flat(const Rows& rows) {
  std::vector<double> all;
  for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
  return all;
}

}  // namespace lorahub::lora
