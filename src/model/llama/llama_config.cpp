#include "model/llama/llama_config.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/check.hpp"
#include "model/config_fields.hpp"
#include "model/generation_config.hpp"
#include "model/yarn_scale.hpp"

namespace lorahub::model::llama {
namespace {

// What transformers takes where a config.json says nothing, by model_type.
struct TypeDefaults {
  const char* type;
  int64_t vocabulary, d_ff, kv_heads;  // kv_heads 0: as many as heads
  int64_t head_dim;                    // 0: d_model / heads
  int64_t most_positions, end;         // end -1: none
};
constexpr std::array kTypes{
    TypeDefaults{"llama", 32000, 11008, 0, 0, 2048, 2},
    TypeDefaults{"mistral", 32000, 14336, 8, 0, 4096 * 32, 2},
    TypeDefaults{"qwen2", 151936, 22016, 32, 0, 32768, -1},
    TypeDefaults{"qwen3", 151936, 22016, 32, 128, 32768, -1},
};

const TypeDefaults& defaults_of(const ConfigFields& fields) {
  const std::string type = fields.word("model_type", "missing");
  const auto* const found = std::ranges::find(kTypes, type, &TypeDefaults::type);
  base::check(found != kTypes.end(),
              "{}: model_type is '{}' (only llama, mistral, qwen2 and qwen3 are computed as "
              "decoder-only models), choose a model of these",
              fields.file(), type);
  return *found;
}

// The settings of rotary embeddings: `rope_parameters` since version 5 of transformers, before that
// `rope_scaling` beside `rope_theta`.
std::optional<ConfigFields> rope_fields(const ConfigFields& fields) {
  if (fields.is_used("rope_scaling")) return fields.object("rope_scaling");
  return fields.object("rope_parameters");
}

std::string rope_type(const ConfigFields& rope) {
  const std::string type = rope.word("type", "default");
  return rope.word("rope_type", type.c_str());
}

double yarn_amplitude(const ConfigFields& rope, double factor) {
  const double by = rope.is_used("mscale") ? rope.positive("mscale", 1) : 0;
  const double all = rope.is_used("mscale_all_dim") ? rope.positive("mscale_all_dim", 1) : 0;
  const double usual =
      by > 0 && all > 0 ? yarn_scale(factor, by) / yarn_scale(factor, all) : yarn_scale(factor);
  return rope.positive("attention_factor", usual);
}

void need(const ConfigFields& rope, const char* key) {
  base::check(rope.has(key),
              "{}: {} is missing from the settings of RoPE (rope_type {} needs it), use the "
              "config.json that came with the weights",
              rope.file(), key, rope_type(rope));
}

void read_llama3(const ConfigFields& rope, Rope& result) {
  for (const char* key : {"factor", "low_freq_factor", "high_freq_factor"}) need(rope, key);
  result.kind = Rope::Kind::llama3;
  result.low_factor = rope.positive("low_freq_factor", 1);
  result.high_factor = rope.positive("high_freq_factor", 4);
  base::check(result.high_factor > result.low_factor,
              "{}: high_freq_factor of RoPE is {} (it must be above low_freq_factor, {}), use the "
              "config.json that came with the weights",
              rope.file(), result.high_factor, result.low_factor);
}

void read_yarn(const ConfigFields& rope, Rope& result) {
  result.kind = Rope::Kind::yarn;
  result.beta_fast = rope.is_used("beta_fast") ? rope.positive("beta_fast", 32) : 32;
  result.beta_slow = rope.is_used("beta_slow") ? rope.positive("beta_slow", 1) : 1;
  result.truncate = rope.flag("truncate", !rope.is_null("truncate"));
  result.amplitude = yarn_amplitude(rope, result.factor);
}

void check_whole_heads_rotate(const ConfigFields& fields) {
  const double share = fields.positive("partial_rotary_factor", 1);
  base::check(share == 1,
              "{}: partial_rotary_factor is {} (here all of a head is rotated), choose a model "
              "without it",
              fields.file(), share);
}

Rope read_rope(const ConfigFields& fields, int64_t most_positions) {
  Rope result{.theta = fields.positive("rope_theta", 10000)};
  check_whole_heads_rotate(fields);
  const std::optional<ConfigFields> rope = rope_fields(fields);
  if (!rope) return result;
  check_whole_heads_rotate(*rope);
  const std::string type = rope_type(*rope);
  result.theta = rope->positive("rope_theta", result.theta);
  const auto usual = static_cast<double>(most_positions);
  const double before = fields.positive("original_max_position_embeddings", 0);
  result.original_length =
      before > 0 ? before : rope->positive("original_max_position_embeddings", usual);
  result.factor = rope->positive("factor", usual / result.original_length);
  // Dynamic scaling begins behind most_positions, and sequences end there.
  if (type == "default" || type == "dynamic") return result;
  if (type == "linear") {
    need(*rope, "factor");
    result.kind = Rope::Kind::linear;
  } else if (type == "llama3") {
    read_llama3(*rope, result);
  } else if (type == "yarn") {
    read_yarn(*rope, result);
  } else {
    base::fail(
        "{}: rope_type is '{}' (only default, linear, dynamic, llama3 and yarn are computed here), "
        "choose a model with one of these",
        fields.file(), type);
  }
  return result;
}

constexpr const char* kSliding = "sliding_attention";

// One of full_attention and sliding_attention a layer; empty where the file does not say.
std::vector<std::string> layer_kinds(const ConfigFields& fields, int64_t layers) {
  std::vector<std::string> kinds = fields.words("layer_types");
  base::check(kinds.empty() || std::ssize(kinds) == layers,
              "{}: layer_types has {} entries for {} layers (one each is needed), use the "
              "config.json that came with the weights",
              fields.file(), kinds.size(), layers);
  for (const std::string& kind : kinds)
    base::check(kind == "full_attention" || kind == kSliding,
                "{}: layer_types names '{}' (only full_attention and sliding_attention are "
                "computed here), choose a model of these",
                fields.file(), kind);
  return kinds;
}

// 4096 rows where the field is absent, 0 (all rows) where it is null.
int64_t window_size(const ConfigFields& fields) {
  return fields.is_null("sliding_window") ? 0 : fields.size("sliding_window", 4096);
}

// Layers from the first on look through the window, unless layer_types names them.
std::vector<int64_t> windows_from(const ConfigFields& fields, int64_t layers, int64_t window,
                                  int64_t first) {
  const std::vector<std::string> kinds = layer_kinds(fields, layers);
  base::check(window > 0 || std::ranges::find(kinds, kSliding) == kinds.end(),
              "{}: layer_types names sliding_attention (no sliding_window is in use: how far does "
              "it look?), use the config.json that came with the weights",
              fields.file());
  std::vector<int64_t> windows(static_cast<size_t>(layers), 0);
  for (size_t i = 0; i < windows.size(); ++i)
    if (kinds.empty() ? static_cast<int64_t>(i) >= first : kinds[i] == kSliding)
      windows[i] = window;
  return windows;
}

std::vector<int64_t> qwen_windows(const ConfigFields& fields, int64_t layers) {
  const int64_t window = fields.flag("use_sliding_window", false) ? window_size(fields) : 0;
  const int64_t first = fields.integer("max_window_layers", 28, {.low = 0, .high = 1 << 24});
  return windows_from(fields, layers, window, first);
}

// Layers of Llama look at all rows; a window would change answers of transformers alone, whose
// cache of keys and values follows these fields where its losses do not.
std::vector<int64_t> llama_windows(const ConfigFields& fields, const LlamaConfig& config) {
  const std::vector<std::string> kinds = layer_kinds(fields, config.layers);
  const bool slides = std::ranges::find(kinds, kSliding) != kinds.end();
  const int64_t window = fields.has("sliding_window") ? fields.size("sliding_window", 4096) : 0;
  base::check(!slides && (window == 0 || window >= config.most_positions),
              "{}: {} is {} (transformers computes losses of a llama over all rows and its answers "
              "through this window), choose a model without it",
              fields.file(), slides ? "layer_types" : "sliding_window",
              fields.text(slides ? "layer_types" : "sliding_window"));
  return std::vector<int64_t>(static_cast<size_t>(config.layers), 0);
}

std::vector<int64_t> read_windows(const ConfigFields& fields, const LlamaConfig& config) {
  if (config.type == "mistral")
    return windows_from(fields, config.layers, window_size(fields), /*first=*/0);
  if (config.type.starts_with("qwen")) return qwen_windows(fields, config.layers);
  return llama_windows(fields, config);
}

void read_biases(const ConfigFields& fields, LlamaConfig& config) {
  const bool asked = fields.flag("attention_bias", false);
  if (config.type == "qwen2") {
    config.qkv_bias = true;
  } else if (config.type != "mistral") {
    config.qkv_bias = config.o_bias = asked;
  }
  config.mlp_bias = config.type == "llama" && fields.flag("mlp_bias", false);
  config.qk_norm = config.type == "qwen3";
}

void read_heads(const ConfigFields& fields, const TypeDefaults& absent, LlamaConfig& config) {
  config.heads = fields.size("num_attention_heads", 32);
  const bool null = fields.is_null("num_key_value_heads");
  config.kv_heads = fields.size("num_key_value_heads",
                                absent.kv_heads == 0 || null ? config.heads : absent.kv_heads);
  base::check(config.heads % config.kv_heads == 0,
              "{}: num_attention_heads is {} (it must be a multiple of num_key_value_heads, {}), "
              "use the config.json that came with the weights",
              fields.file(), config.heads, config.kv_heads);
  const bool named = fields.has("head_dim") || absent.head_dim > 0;
  base::check(named || config.d_model % config.heads == 0,
              "{}: hidden_size is {} (without head_dim it must be a multiple of "
              "num_attention_heads, {}), use the config.json that came with the weights",
              fields.file(), config.d_model, config.heads);
  config.head_dim = fields.size(
      "head_dim", absent.head_dim > 0 ? absent.head_dim : config.d_model / config.heads);
  base::check(config.head_dim % 2 == 0,
              "{}: the width of a head is {} (RoPE rotates pairs of values), use the config.json "
              "that came with the weights",
              fields.file(), config.head_dim);
}

// What changes a forward pass of these models and is not computed here.
void refuse_others(const ConfigFields& fields) {
  fields.refuse("quantization_config", "its weights are quantised, and no network here is");
  fields.refuse("compression_config", "its weights are quantised, and no network here is");
  fields.refuse("auto_map", "it brings code of its own, which no program but transformers runs");
  fields.refuse("per_layer_config", "its layers are unlike each other");
  fields.refuse("pruned_heads", "heads were taken out of its attention");
  for (const char* experts : {"num_local_experts", "num_experts", "n_routed_experts"})
    fields.refuse(experts, "it is a mixture of experts, which no network here is");
  fields.refuse("kv_lora_rank", "its keys and values are latent (MLA), which none here are");
  for (const char* bare : {"no_rope_layers", "no_rope_layer_interval"})
    fields.refuse(bare, "some of its layers have no position embeddings (NoPE)");
  for (const char* cap : {"attn_logit_softcapping", "final_logit_softcapping"})
    fields.refuse(cap, "its scores are capped, and none here are");
  for (const char* factor :
       {"residual_multiplier", "embedding_multiplier", "logits_scaling", "attention_multiplier"})
    fields.refuse(factor, "its sums are scaled, and none here are");
  fields.refuse("attention_chunk_size", "its attention is cut into chunks, and none here is");
  base::check(fields.flag("is_causal", !fields.is_null("is_causal")),
              "{}: is_causal is {} (transformers 5 then attends to later tokens, too, and all "
              "attention here is causal), choose a decoder-only model that generates",
              fields.file(), fields.text("is_causal"));
  base::check(!fields.flag("is_encoder_decoder", false),
              "{}: is_encoder_decoder is true (a decoder alone is computed), choose a plain "
              "decoder-only model",
              fields.file());
  const std::string activation = fields.word("hidden_act", "silu");
  base::check(activation == "silu" || activation == "swish",
              "{}: hidden_act is '{}' (only silu is computed here), choose a model with it",
              fields.file(), activation);
}

}  // namespace

bool is_llama(const std::string& model_type) {
  return std::ranges::find(kTypes, model_type, &TypeDefaults::type) != kTypes.end();
}

LlamaConfig read_config(const std::filesystem::path& folder) {
  const ConfigFields fields(folder, "decoder-only model");
  const TypeDefaults& absent = defaults_of(fields);
  refuse_others(fields);
  LlamaConfig config{.type = absent.type};
  config.d_model = fields.size("hidden_size", 4096);
  config.d_ff = fields.size("intermediate_size", absent.d_ff);
  config.layers = fields.integer("num_hidden_layers", 32, {.low = 1, .high = 4096});
  config.vocabulary = fields.size("vocab_size", absent.vocabulary);
  config.most_positions = fields.size("max_position_embeddings", absent.most_positions);
  read_heads(fields, absent, config);
  config.epsilon = fields.small("rms_norm_eps", 1e-6);
  config.attention_dropout = fields.share("attention_dropout", 0);
  config.tied = fields.flag("tie_word_embeddings", false);
  read_biases(fields, config);
  config.windows = read_windows(fields, config);
  config.rope = read_rope(fields, config.most_positions);
  const ConfigFields::Range token{.low = 0, .high = config.vocabulary - 1};
  config.ends = fields.integers("eos_token_id", token);
  if (config.ends.empty() && !fields.is_null("eos_token_id") && absent.end >= 0)
    config.ends = {absent.end};
  if (const std::vector<int64_t> asked = generation_ends(folder, token); !asked.empty())
    config.ends = asked;
  base::check(!config.ends.empty(),
              "{}: eos_token_id is missing (an answer would have no end), write the id of the "
              "token that ends an answer",
              fields.file());
  return config;
}

}  // namespace lorahub::model::llama
