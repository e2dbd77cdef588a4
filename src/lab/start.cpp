#include "lab/start.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/files.hpp"
#include "checkpoint/weights.hpp"
#include "model/t5/initial.hpp"

namespace lorahub::lab {
namespace {

constexpr double kHead = 0.3;              // times initial_network's spread, d_model^-0.5
constexpr int64_t kBack = 1, kAhead = 17;  // T5's buckets of one token back and ahead, of 32
constexpr double kNeighbour = 3, kItself = -4;

// Sets the keys of heads first..last-1 to multiples of their queries, k = c q, at the spread that
// keys start with.
struct Heads {
  int64_t first = 0, last = 0;
};
void look_at_copies(const model::t5::Attention& attention, Heads heads, int64_t d_kv) {
  const double c = std::sqrt(static_cast<double>(d_kv));  // q starts d_kv^-0.5 as wide as k
  const auto rows = [&](const at::Tensor& weight) {
    return weight.slice(0, heads.first * d_kv, heads.last * d_kv);
  };
  rows(attention.k.weight).copy_(rows(attention.q.weight) * c);
}

}  // namespace

model::t5::Network start_network(const model::t5::T5Config& config, uint64_t seed) {
  model::t5::Network network = model::t5::initial_network(config, seed);
  network.lm_head.mul_(kHead);
  const at::Tensor bias = network.encoder.relative_bias;  // [buckets, heads]
  bias[kBack][0].add_(kNeighbour);
  bias[kAhead][1].add_(kNeighbour);
  bias[0][2].add_(kItself);
  for (const model::t5::Block& block : network.encoder.blocks)
    look_at_copies(block.self, {.first = 2, .last = 3}, config.d_kv);
  for (const model::t5::Block& block : network.decoder.blocks)
    look_at_copies(block.cross, {.first = 0, .last = 2}, config.d_kv);
  return network;
}

void write_start(const std::filesystem::path& folder, const model::t5::Network& network,
                 const std::string& pieces) {
  model::t5::Network written = network;
  checkpoint::Tensors tensors;
  for (const auto& [name, tensor] : model::t5::named(written)) tensors[name] = *tensor;
  checkpoint::write_safetensors(folder / "model.safetensors", tensors);
  base::write_file(folder / "spiece.model", pieces);
  const model::t5::T5Config& c = network.config;
  const nlohmann::ordered_json config = {{"architectures", {"T5ForConditionalGeneration"}},
                                         {"model_type", "t5"},
                                         {"is_encoder_decoder", true},
                                         {"vocab_size", c.vocabulary},
                                         {"d_model", c.d_model},
                                         {"d_kv", c.d_kv},
                                         {"d_ff", c.d_ff},
                                         {"num_heads", c.heads},
                                         {"num_layers", c.encoder_layers},
                                         {"num_decoder_layers", c.decoder_layers},
                                         {"relative_attention_num_buckets", c.buckets},
                                         {"relative_attention_max_distance", c.max_distance},
                                         {"layer_norm_epsilon", c.epsilon},
                                         {"initializer_factor", 1.0},
                                         {"feed_forward_proj", "gated-gelu"},
                                         {"dropout_rate", 0.0},
                                         {"tie_word_embeddings", false},
                                         {"scale_decoder_outputs", false},
                                         {"use_cache", true},
                                         {"pad_token_id", c.pad},
                                         {"eos_token_id", c.eos},
                                         {"decoder_start_token_id", c.decoder_start},
                                         {"dtype", "float32"}};
  base::write_file(folder / "config.json", base::json_text(config, 2) + "\n");
  const nlohmann::ordered_json generation = {{"decoder_start_token_id", c.decoder_start},
                                             {"eos_token_id", c.eos},
                                             {"pad_token_id", c.pad},
                                             {"use_cache", true}};
  base::write_file(folder / "generation_config.json", base::json_text(generation, 2) + "\n");
}

}  // namespace lorahub::lab
