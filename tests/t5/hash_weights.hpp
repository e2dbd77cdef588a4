// The weights of tests/golden/hash_weights.py, bit by bit, and the golden files made with them.
#pragma once
#include <ATen/ATen.h>

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "t5/network.hpp"
#include "t5/sizes.hpp"

namespace lorahub::t5::test {

inline uint64_t fnv1a64(const std::string& text) {
  uint64_t value = 0xCBF29CE484222325;
  for (const unsigned char byte : text) value = (value ^ byte) * 0x100000001B3;
  return value;
}

inline uint64_t splitmix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// center + scale * u, u in [-1, 1) from the hash of name and index.
inline at::Tensor hashed(const std::string& name, at::IntArrayRef shape, double scale,
                         double center = 0) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  const uint64_t seed = fnv1a64(name);
  float* out = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    const uint64_t h = splitmix64(seed + static_cast<uint64_t>(i)) % (uint64_t{1} << 24);
    out[i] = static_cast<float>(center + scale * (static_cast<double>(h) / 8388608.0 - 1.0));
  }
  return tensor;
}

enum class Head { untied, tied };

// All tensors of a model under their names in Hugging Face files.
inline std::map<std::string, at::Tensor> hash_model(const Config& c, Head head) {
  std::map<std::string, at::Tensor> all;
  for (const auto& [name, shape] : tensor_shapes(c))
    if (name != "lm_head.weight" || head == Head::untied)
      all[name] =
          hashed(name, shape, half_width(name, c), name.ends_with("layer_norm.weight") ? 1 : 0);
  return all;
}

inline nlohmann::json read_golden(const std::string& name) {
  std::ifstream file(std::string(SOURCE_DIR) + "/tests/golden/t5/" + name + ".json");
  return nlohmann::json::parse(file);
}

inline Config golden_config(const nlohmann::json& j) {
  Config c;
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

}  // namespace lorahub::t5::test
