#include "model/t5/t5_config.hpp"

#include "base/check.hpp"
#include "model/config_fields.hpp"
#include "model/generation_config.hpp"

namespace lorahub::model::t5 {
namespace {

using Fields = ConfigFields;

// transformers' defaults that T5 and mT5 do not share.
struct Defaults {
  int64_t vocabulary, d_ff, layers, heads;
  const char* activation;
};
constexpr Defaults kT5{32128, 2048, 6, 8, "relu"};
constexpr Defaults kMt5{250112, 1024, 8, 6, "gated-gelu"};

const Defaults& defaults(const Fields& fields) {
  const std::string type = fields.word("model_type", "missing");
  base::check(
      type == "t5" || type == "mt5",
      "{}: model_type is '{}' (only T5, Flan-T5 and mT5 can be computed), choose a T5 model",
      fields.file(), type);
  return type == "t5" ? kT5 : kMt5;
}

// transformers reads "gated-gelu" as gelu_new, the tanh form; "gelu" alone is the erf form. What it
// derives from that word it also writes, and reads again in preference to the word.
void read_activation(const Fields& fields, const char* absent, T5Config& config) {
  const std::string name = fields.word("feed_forward_proj", absent);
  const bool gated = name.starts_with("gated-");
  const std::string last = gated ? name.substr(std::string("gated-").size()) : name;
  const std::string act =
      fields.word("dense_act_fn", name == "gated-gelu" ? "gelu_new" : last.c_str());
  config.gated = fields.flag("is_gated_act", gated);
  config.gelu = act == "gelu_new" || act == "gelu_pytorch_tanh";
  base::check(config.gelu || act == "relu",
              "{}: feed_forward_proj is '{}' and dense_act_fn '{}' (that activation is not known "
              "here), choose a model with relu or gated-gelu",
              fields.file(), name, act);
}

// What changes a forward pass of T5 and is not computed here.
void refuse_others(const Fields& fields) {
  fields.refuse("quantization_config", "its weights are quantised, and no network here is");
  fields.refuse("compression_config", "its weights are quantised, and no network here is");
  fields.refuse("auto_map", "it brings code of its own, which no program but transformers runs");
  fields.refuse("per_layer_config", "its layers are unlike each other");
  fields.refuse("pruned_heads", "heads were taken out of its attention");
  base::check(fields.flag("is_encoder_decoder", true),
              "{}: is_encoder_decoder is false (only an encoder with a decoder answers), choose a "
              "whole T5 model",
              fields.file());
}

// The logarithmic buckets need 0 < log(max_distance / exact), exact = buckets / 2 in the decoder.
void check_buckets(const Fields& fields, const T5Config& config) {
  base::check(config.max_distance > config.buckets / 2,
              "{}: relative_attention_max_distance is {} (it must be above half of "
              "relative_attention_num_buckets, {}), use the config.json that came with the weights",
              fields.file(), config.max_distance, config.buckets);
}

}  // namespace

T5Config read_config(const std::filesystem::path& folder) {
  const Fields fields(folder, "T5 model");
  const Defaults& absent = defaults(fields);
  T5Config config;
  config.d_model = fields.size("d_model", 512);
  config.d_kv = fields.size("d_kv", 64);
  config.d_ff = fields.size("d_ff", absent.d_ff);
  config.heads = fields.size("num_heads", absent.heads);
  const Fields::Range depth{.low = 1, .high = 4096};
  config.encoder_layers = fields.integer("num_layers", absent.layers, depth);
  config.decoder_layers = fields.integer("num_decoder_layers", config.encoder_layers, depth);
  config.vocabulary = fields.size("vocab_size", absent.vocabulary);
  config.buckets =
      fields.integer("relative_attention_num_buckets", 32, {.low = 4, .high = 1 << 16});
  config.max_distance = fields.size("relative_attention_max_distance", 128);
  config.epsilon = fields.small("layer_norm_epsilon", 1e-6);
  config.dropout = fields.share("dropout_rate", 0.1);
  const Fields::Range token{.low = 0, .high = config.vocabulary - 1};
  config.pad = fields.integer("pad_token_id", 0, token);
  config.eos = fields.integer("eos_token_id", 1, token);
  config.decoder_start = fields.integer("decoder_start_token_id", 0, token);
  // As transformers: the field it writes since version 5, else the older one, whose absence means
  // v1.0. An mT5 is never scaled.
  const bool scaled =
      fields.flag("scale_decoder_outputs", fields.flag("tie_word_embeddings", true));
  config.scale_outputs = scaled && &absent == &kT5;
  read_activation(fields, absent.activation, config);
  refuse_others(fields);
  fields.agree("hidden_size", "d_model", config.d_model);
  fields.agree("num_attention_heads", "num_heads", config.heads);
  fields.agree("num_hidden_layers", "num_layers", config.encoder_layers);
  fields.agree("head_dim", "d_kv", config.d_kv);
  check_buckets(fields, config);
  check_generation_tokens(
      folder, {{"decoder_start_token_id", config.decoder_start}, {"eos_token_id", config.eos}});
  return config;
}

}  // namespace lorahub::model::t5
