// The tiny models of tests/golden/llama_golden.py, as folders, and what transformers computed with
// them.
#pragma once
#include <ATen/ATen.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "checkpoint/files.hpp"
#include "checkpoint/weights.hpp"
#include "model/llama/network.hpp"
#include "model/tokens.hpp"
#include "tensor/hash_weights.hpp"

namespace lorahub::test {

inline constexpr const char* kTinyModels[] = {
    "llama",          "llama_narrow", "llama_biases",  "llama3", "mistral",
    "mistral_narrow", "mistral_all",  "mistral_types", "qwen2",  "qwen2_types",
    "qwen3",          "qwen3_yarn",   "qwen3_nulls"};

struct TinyModel {
  nlohmann::json config, examples;
  checkpoint::Tensors weights;
  std::vector<model::Tokens> pairs;
  int max_tokens = 0;

  // A Hugging Face folder of it.
  void write(const checkpoint::testing::Folder& folder) const {
    folder.put("config.json", config.dump());
    checkpoint::write_safetensors(folder / "model.safetensors", weights);
  }
  model::llama::Network network(model::Placement placement = {}) const {
    const checkpoint::testing::Folder folder;
    write(folder);
    return model::llama::load(folder.path(), placement);
  }
};

inline double tiny_scale(const std::string& name, const std::vector<int64_t>& shape,
                         const nlohmann::json& config) {
  if (shape.size() == 1) return 0.1;
  const bool tied = config.value("tie_word_embeddings", false);
  const bool head = name.find("lm_head") != std::string::npos ||
                    (tied && name.find("embed_tokens") != std::string::npos);
  return (head ? 3.0 : 1.0) * std::sqrt(3.0 / static_cast<double>(shape[1]));
}

inline TinyModel tiny_model(const std::string& name) {
  std::ifstream file(std::string(SOURCE_DIR) + "/tests/golden/llama/" + name + ".json");
  const nlohmann::json golden = nlohmann::json::parse(file);
  TinyModel tiny{.config = golden.at("config"),
                 .examples = golden.at("examples"),
                 .max_tokens = golden.at("max_tokens")};
  for (const auto& [tensor, sizes] : golden.at("tensors").items()) {
    const std::vector<int64_t> shape = sizes;
    tiny.weights[tensor] = hashed(tensor, shape, tiny_scale(tensor, shape, tiny.config),
                                  tensor.find("norm") != std::string::npos ? 1 : 0);
  }
  for (const auto& e : tiny.examples)
    tiny.pairs.push_back({.source = e.at("source"), .target = e.at("target")});
  return tiny;
}

// Adapters of rank 4 for P candidates at every linear layer; dW is about `size` of a weight.
inline model::Adapter tiny_adapter(const model::llama::LlamaConfig& config, int64_t candidates,
                                   double size = 0.3) {
  constexpr int64_t kRank = 4;
  model::Adapter adapter{.candidates = static_cast<int>(candidates), .slots = {}};
  int slot = 0;
  for (const model::LinearInfo& info : model::llama::linears(config)) {
    const std::string key = base::format("adapter.{}", slot++);
    adapter.slots.push_back(
        {.a = hashed(key + ".a", {candidates, kRank, info.in}, 1 / std::sqrt(double(info.in))),
         .b = hashed(key + ".b", {candidates, info.out, kRank}, 3 * size / std::sqrt(kRank)),
         .scale = {}});
  }
  return adapter;
}

}  // namespace lorahub::test
