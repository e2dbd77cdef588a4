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

inline double hash_scale(const std::string& name, const Config& c) {
  const std::string stem = name.substr(0, name.rfind('.'));
  const std::string kind = stem.substr(stem.rfind('.') + 1);
  const auto d = static_cast<double>(c.d_model);
  if (kind == "layer_norm" || kind == "final_layer_norm") return 0.1;
  if (kind == "relative_attention_bias") return 1.0;
  if (kind == "shared") return std::sqrt(3.0);
  if (kind == "lm_head") return 3.0 * std::sqrt(3.0 / d);
  if (kind == "q") return std::sqrt(3.0 / (d * static_cast<double>(c.d_kv)));
  if (kind == "o") return std::sqrt(3.0 / static_cast<double>(c.inner()));
  if (kind == "wo") return std::sqrt(3.0 / static_cast<double>(c.d_ff));
  return std::sqrt(3.0 / d);
}

enum class Head { untied, tied };

// All tensors of a model under their names in Hugging Face files.
inline std::map<std::string, at::Tensor> hash_model(const Config& c, Head head) {
  std::map<std::string, at::Tensor> all;
  const auto add = [&](const std::string& name, at::IntArrayRef shape) {
    all[name] =
        hashed(name, shape, hash_scale(name, c), name.ends_with("layer_norm.weight") ? 1 : 0);
  };
  add("shared.weight", {c.vocabulary, c.d_model});
  if (head == Head::untied) add("lm_head.weight", {c.vocabulary, c.d_model});
  for (const LinearInfo& info : linears(c))
    if (info.name != kHead) add(info.name + ".weight", {info.out, info.in});
  const auto stack = [&](const std::string& name, int64_t layers, int parts) {
    for (int64_t i = 0; i < layers; ++i) {
      for (int part = 0; part < parts; ++part) {
        add(base::format("{}.block.{}.layer.{}.layer_norm.weight", name, i, part), {c.d_model});
      }
    }
    add(name + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight",
        {c.buckets, c.heads});
    add(name + ".final_layer_norm.weight", {c.d_model});
  };
  stack("encoder", c.encoder_layers, 2);
  stack("decoder", c.decoder_layers, 3);
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
