// Small networks, adapters and examples for the tests of this folder.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "model/golden_config.hpp"
#include "model/t5/architecture.hpp"
#include "model/t5/loss.hpp"
#include "model/t5/model.hpp"

namespace lorahub::test {

using model::Adapter, model::LinearInfo, model::LowRank, model::Tokens, model::kHead;
using model::t5::T5Config, model::t5::Network, model::t5::Ties;

// A model of a golden file, what was asked of it, and what transformers answered.
struct Golden {
  T5Config config;
  Network network;
  std::vector<Tokens> pairs;
  nlohmann::json examples;
  int max_tokens = 0;

  model::t5::T5Architecture architecture() const { return model::t5::T5Architecture(config); }
  std::shared_ptr<const model::Model> model() const { return model::t5::as_model(network); }
};

inline Golden golden(const std::string& name, at::ScalarType dtype = at::kFloat) {
  const nlohmann::json j = read_golden(name);
  Golden g;
  g.config = golden_config(j.at("config"));
  const Head head = j.at("config").at("tie_word_embeddings") ? Head::tied : Head::untied;
  g.network = model::t5::build(g.config, hash_model(g.config, head), {.dtype = dtype});
  g.examples = j.at("examples");
  for (const auto& e : g.examples) {
    g.pairs.push_back({.source = e.at("source"), .target = e.at("target")});
  }
  g.max_tokens = j.at("max_tokens");
  return g;
}

// Adapters of rank 4 for P candidates at every linear layer; dW is about `size` of a weight.
inline Adapter random_adapter(const T5Config& config, int64_t candidates, double size = 0.3) {
  constexpr int64_t kRank = 4;
  Adapter adapter{.candidates = static_cast<int>(candidates), .slots = {}};
  int slot = 0;
  for (const LinearInfo& info : model::t5::linears(config)) {
    const std::string key = base::format("adapter.{}", slot++);
    LowRank low;
    const double scale = size * 3.0 / std::sqrt(static_cast<double>(kRank));
    low.a = hashed(key + ".a", {candidates, kRank, info.in}, 1 / std::sqrt(double(info.in)));
    low.b = hashed(key + ".b", {candidates, info.out, kRank}, scale);
    if (info.name.ends_with(".q")) low.b = low.b / std::sqrt(double(config.d_kv));
    adapter.slots.push_back(low);
  }
  return adapter;
}

// The network on another device; and the adapter there, or in another type.
inline Network on(at::Device device, Network network) {
  const Ties same = model::t5::ties(network);
  for (const auto& [name, tensor] : model::t5::named(network)) *tensor = tensor->to(device);
  model::t5::tie(network, same);
  return network;
}
inline Adapter on(at::TensorOptions place, Adapter adapter) {
  for (LowRank& low : adapter.slots) {
    low.a = low.a.to(place);
    low.b = low.b.to(place);
  }
  return adapter;
}

inline Adapter one_of(const Adapter& all, int64_t candidate) {
  Adapter one{.candidates = 1, .slots = {}};
  for (const LowRank& low : all.slots) {
    const auto row = [candidate](const at::Tensor& t) {
      return t.defined() && t.size(0) > 1 ? t.narrow(0, candidate, 1) : t;
    };
    one.slots.push_back({.a = row(low.a), .b = row(low.b), .scale = row(low.scale)});
  }
  return one;
}

// The model's weights with one candidate's additions W + b diag(scale) a written into them.
inline std::map<std::string, at::Tensor> merge(std::map<std::string, at::Tensor> weights,
                                               const T5Config& config, const Adapter& adapter) {
  const std::vector<LinearInfo> all = model::t5::linears(config);
  for (size_t slot = 0; slot < all.size(); ++slot) {
    const LowRank& low = adapter.slots[slot];
    if (!low.a.defined()) continue;
    at::Tensor a = low.a[0].to(at::kDouble);
    if (low.scale.defined()) a = a * low.scale[0].to(at::kDouble).unsqueeze(1);
    if (all[slot].name == kHead && !weights.contains("lm_head.weight"))  // the embedding stays
      weights["lm_head.weight"] = weights.at("shared.weight");
    at::Tensor& weight = weights.at(all[slot].name + ".weight");
    weight = (weight.to(at::kDouble) + at::mm(low.b[0].to(at::kDouble), a)).to(at::kFloat);
  }
  return weights;
}

}  // namespace lorahub::test
