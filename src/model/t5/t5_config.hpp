// Sizes of a T5 from a Hugging Face folder's config.json.
#pragma once
#include <cstdint>
#include <filesystem>

namespace lorahub::model::t5 {

struct T5Config {
  int64_t d_model = 0, d_kv = 0, d_ff = 0, heads = 0;
  int64_t encoder_layers = 0, decoder_layers = 0;
  int64_t vocabulary = 0;
  int64_t buckets = 32, max_distance = 128;  // relative position bias
  double epsilon = 1e-6;                     // RMSNorm
  double dropout = 0.1;                      // of training
  bool gated = false;                        // wi_0, wi_1 (v1.1) or wi (v1.0)
  bool gelu = false;                         // gelu_new (tanh) or ReLU
  bool scale_outputs = false;  // v1.0: decoder outputs times d_model^-0.5 before the head
  int64_t pad = 0, eos = 1, decoder_start = 0;
  int64_t inner() const { return heads * d_kv; }  // width of q, k, v
};

// Error naming the file and the field for anything that is not a T5 this program computes.
T5Config read_config(const std::filesystem::path& folder);

}  // namespace lorahub::model::t5
