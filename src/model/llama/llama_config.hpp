// Sizes of a decoder-only model (Llama, Mistral, Qwen2, Qwen3) from a Hugging Face folder's
// config.json.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::model::llama {

// How the angles of rotary position embeddings follow from positions.
struct Rope {
  enum class Kind { plain, linear, llama3, yarn };
  Kind kind = Kind::plain;
  double theta = 10000;
  double factor = 1;
  double original_length = 0;  // of the sequences before the context was made longer
  // llama3: wavelengths longer than original_length / low_factor are stretched by `factor`, those
  // below original_length / high_factor are left alone.
  double low_factor = 1, high_factor = 4;
  // yarn: pairs of values that turn more often than beta_fast times over the original length are
  // left alone, those below beta_slow are stretched; cos and sin are scaled by `amplitude`.
  double beta_fast = 32, beta_slow = 1;
  bool truncate = true;
  double amplitude = 1;
};

struct LlamaConfig {
  std::string type;  // model_type of config.json
  int64_t d_model = 0, d_ff = 0, layers = 0;
  int64_t heads = 0, kv_heads = 0, head_dim = 0;
  int64_t vocabulary = 0;
  int64_t most_positions = 0;  // rows of the longest sequence
  double epsilon = 1e-6;       // RMSNorm
  double attention_dropout = 0;
  bool tied = false;  // the head is the embedding
  bool qkv_bias = false, o_bias = false, mlp_bias = false;
  bool qk_norm = false;          // RMSNorm of each head's query and key, before they are rotated
  std::vector<int64_t> windows;  // of each layer's attention, in rows; 0: all
  Rope rope;
  std::vector<int64_t> ends;  // ids that end an answer

  int64_t q_width() const { return heads * head_dim; }
  int64_t kv_width() const { return kv_heads * head_dim; }
};

// Whether a model_type is of this family.
bool is_llama(const std::string& model_type);

// Error naming the file and the field for anything that is not computed here.
LlamaConfig read_config(const std::filesystem::path& folder);

}  // namespace lorahub::model::llama
