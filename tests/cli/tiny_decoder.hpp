// A small decoder-only model with random weights and the byte-level vocabulary of the tokenizer
// tests, as a Hugging Face folder.
#pragma once
#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/files.hpp"
#include "checkpoint/weights.hpp"
#include "tensor/hash_weights.hpp"
#include "text/bpe_golden.hpp"

namespace lorahub {

class TinyDecoder {
 public:
  explicit TinyDecoder(const std::filesystem::path& folder) : folder_(folder) {
    std::filesystem::create_directories(folder_);
    const nlohmann::json& variant = text::bpe_variant("smollm");
    const int64_t words = variant["reference"]["size"];
    put("tokenizer.json", text::bpe_file(variant));
    put("tokenizer_config.json", variant["config"]);
    put("config.json", {{"model_type", "llama"},
                        {"hidden_size", kWidth},
                        {"intermediate_size", 48},
                        {"num_hidden_layers", 2},
                        {"num_attention_heads", 4},
                        {"num_key_value_heads", 2},
                        {"max_position_embeddings", 512},
                        {"vocab_size", words},
                        {"tie_word_embeddings", true},
                        {"eos_token_id", words - 1}});
    checkpoint::write_safetensors(folder_ / "model.safetensors", weights(words));
  }

  const std::filesystem::path& folder() const { return folder_; }
  void put(const char* name, const nlohmann::json& content) const {
    base::write_file(folder_ / name, content.dump());
  }

 private:
  static constexpr int64_t kWidth = 32;

  static checkpoint::Tensors weights(int64_t words) {
    checkpoint::Tensors all{{"model.embed_tokens.weight", matrix("embedding", words, kWidth)},
                            {"model.norm.weight", at::ones({kWidth})}};
    for (const std::string layer : {"model.layers.0.", "model.layers.1."}) {
      for (const char* norm : {"input_layernorm", "post_attention_layernorm"})
        all[layer + norm + ".weight"] = at::ones({kWidth});
      const auto add = [&](const std::string& name, int64_t out, int64_t in) {
        all[layer + name + ".weight"] = matrix(layer + name, out, in);
      };
      add("self_attn.q_proj", kWidth, kWidth);
      add("self_attn.k_proj", kWidth / 2, kWidth);
      add("self_attn.v_proj", kWidth / 2, kWidth);
      add("self_attn.o_proj", kWidth, kWidth);
      add("mlp.gate_proj", 48, kWidth);
      add("mlp.up_proj", 48, kWidth);
      add("mlp.down_proj", kWidth, 48);
    }
    return all;
  }

  static at::Tensor matrix(const std::string& name, int64_t out, int64_t in) {
    return test::hashed(name, {out, in}, std::sqrt(3.0 / static_cast<double>(in)));
  }

  std::filesystem::path folder_;
};

}  // namespace lorahub
