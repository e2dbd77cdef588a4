// The golden files made with the weights of tests/golden/hash_weights.py, and models of these.
#pragma once
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "model/t5/network.hpp"
#include "model/t5/sizes.hpp"
#include "tensor/hash_weights.hpp"

namespace lorahub::test {

enum class Head { untied, tied };

// All tensors of a model under their names in Hugging Face files.
inline std::map<std::string, at::Tensor> hash_model(const model::t5::T5Config& c, Head head) {
  std::map<std::string, at::Tensor> all;
  for (const auto& [name, shape] : model::t5::tensor_shapes(c))
    if (name != "lm_head.weight" || head == Head::untied)
      all[name] = hashed(name, shape, model::t5::half_width(name, c),
                         name.ends_with("layer_norm.weight") ? 1 : 0);
  return all;
}

inline nlohmann::json read_golden(const std::string& name) {
  std::ifstream file(std::string(SOURCE_DIR) + "/tests/golden/t5/" + name + ".json");
  return nlohmann::json::parse(file);
}

inline model::t5::T5Config golden_config(const nlohmann::json& j) {
  model::t5::T5Config c;
  c.d_model = j.at("d_model");
  c.d_kv = j.at("d_kv");
  c.d_ff = j.at("d_ff");
  c.heads = j.at("num_heads");
  c.encoder_layers = j.at("num_layers");
  c.decoder_layers = j.at("num_decoder_layers");
  c.vocabulary = j.at("vocab_size");
  c.buckets = j.at("relative_attention_num_buckets");
  c.max_distance = j.at("relative_attention_max_distance");
  c.gated = c.gelu = j.at("feed_forward_proj") == "gated-gelu";
  c.scale_outputs = j.at("tie_word_embeddings");
  return c;
}

}  // namespace lorahub::test
