#include "model/gguf_config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numbers>

#include "base/check.hpp"
#include "model/yarn_scale.hpp"

namespace lorahub::model {
namespace {

using nlohmann::json;

constexpr std::array kArchitectures{"llama", "qwen2", "qwen3"};
constexpr const char* kRopeFactors = "rope_freqs.weight";
constexpr const char* kChoose = "choose a model without it";

// Settings that are read below, and those that say nothing about the computation.
constexpr std::array kKnown{"block_count",
                            "context_length",
                            "embedding_length",
                            "feed_forward_length",
                            "vocab_size",
                            "attention.head_count",
                            "attention.head_count_kv",
                            "attention.key_length",
                            "attention.value_length",
                            "attention.layer_norm_rms_epsilon",
                            "attention.sliding_window",
                            "rope.dimension_count",
                            "rope.freq_base",
                            "rope.scaling.type",
                            "rope.scaling.factor",
                            "rope.scaling.original_context_length",
                            "rope.scaling.attn_factor",
                            "rope.scaling.finetuned",
                            "expert_count",
                            "expert_used_count"};

class GgufConfig {
 public:
  explicit GgufConfig(const gguf::GgufFile& file)
      : file_(file), data_(file.metadata), name_(data_.needed_text("general.architecture")) {
    base::check(std::ranges::find(kArchitectures, name_) != kArchitectures.end(),
                "{}: general.architecture is '{}' (only llama, qwen2 and qwen3 are computed here), "
                "choose a model of these",
                data_.file(), name_);
  }

  json config() {
    check_keys();
    config_["model_type"] = name_;
    read_sizes();
    read_heads();
    read_window();
    read_rope();
    read_shared_and_biases();
    config_["eos_token_id"] = ends();
    if (const auto begin = data_.integer("tokenizer.ggml.bos_token_id"))
      config_["bos_token_id"] = *begin;
    config_["architectures"] = json::array({network_class()});
    return std::move(config_);
  }

 private:
  std::string key(const std::string& setting) const { return name_ + "." + setting; }

  void check_keys() const {
    for (const auto& [key, value] : data_.all()) {
      if (!key.starts_with(name_ + ".")) continue;
      const std::string setting = key.substr(name_.size() + 1);
      base::check(std::ranges::find(kKnown, setting) != kKnown.end(),
                  "{}: {} is not known here (the model would be computed otherwise), {}",
                  data_.file(), key, kChoose);
    }
    base::check(data_.integer(key("expert_count")).value_or(0) == 0,
                "{}: {} is {} (it is a mixture of experts, which no network here is), {}",
                data_.file(), key("expert_count"), *data_.integer(key("expert_count")), kChoose);
  }

  void read_sizes() {
    config_["hidden_size"] = data_.needed_integer(key("embedding_length"));
    config_["intermediate_size"] = data_.needed_integer(key("feed_forward_length"));
    config_["num_hidden_layers"] = data_.needed_integer(key("block_count"));
    config_["max_position_embeddings"] = data_.needed_integer(key("context_length"));
    config_["rms_norm_eps"] = data_.needed_number(key("attention.layer_norm_rms_epsilon"));
    const gguf::StoredTensor* const embedding = file_.find("token_embd.weight");
    base::check(embedding != nullptr,
                "{}: has no tensor token_embd.weight (the embedding), convert the model again",
                data_.file());
    config_["vocab_size"] = embedding->sizes.front();
  }

  void read_heads() {
    const int64_t heads = data_.needed_integer(key("attention.head_count"));
    config_["num_attention_heads"] = heads;
    config_["num_key_value_heads"] = data_.integer(key("attention.head_count_kv")).value_or(heads);
    base::check(heads > 0, "{}: {} is {} (a model has heads), convert the model again",
                data_.file(), key("attention.head_count"), heads);
    const int64_t usual = data_.needed_integer(key("embedding_length")) / heads;
    width_ = data_.integer(key("attention.key_length")).value_or(usual);
    config_["head_dim"] = width_;
    for (const char* same : {"attention.value_length", "rope.dimension_count"})
      base::check(data_.integer(key(same)).value_or(width_) == width_,
                  "{}: {} is {} (heads are {} wide, and all of a head is rotated and summed here), "
                  "{}",
                  data_.file(), key(same), *data_.integer(key(same)), width_, kChoose);
  }

  // As transformers calls it.
  std::string network_class() const {
    auto name = config_.at("model_type").get<std::string>();
    name.front() = static_cast<char>(name.front() - 'a' + 'A');
    return name + "ForCausalLM";
  }

  // llama.cpp calls Mistral's models llama, too.
  void read_window() {
    const int64_t window = data_.integer(key("attention.sliding_window")).value_or(0);
    if (window == 0) return;
    base::check(name_ == "llama", "{}: {} is {} (which layers look through it?), {}", data_.file(),
                key("attention.sliding_window"), window, kChoose);
    config_["model_type"] = "mistral";
    config_["sliding_window"] = window;
  }

  void read_rope() {
    theta_ = data_.number(key("rope.freq_base")).value_or(10000);
    config_["rope_theta"] = theta_;
    const std::string type = data_.text(key("rope.scaling.type")).value_or("none");
    check_amplitude(type);
    if (type != "none") config_["rope_scaling"] = scaling(type);
    const gguf::StoredTensor* const factors = file_.find(kRopeFactors);
    if (factors == nullptr) return;
    base::check(type == "none", "{}: has {} and the rope.scaling.type {} (which one counts?), {}",
                data_.file(), kRopeFactors, type, kChoose);
    config_["rope_scaling"] = llama3(*factors);
  }

  // What llama.cpp multiplies the usual amplitude of cos and sin by.
  double amplitude() const { return data_.number(key("rope.scaling.attn_factor")).value_or(1); }

  void check_amplitude(const std::string& type) const {
    base::check(type == "yarn" || amplitude() == 1,
                "{}: {} is {} (it is computed beside yarn alone, and rope.scaling.type is {}), {}",
                data_.file(), key("rope.scaling.attn_factor"), amplitude(), type, kChoose);
  }

  json scaling(const std::string& type) const {
    base::check(type == "linear" || type == "yarn",
                "{}: {} is '{}' (only none, linear and yarn are computed here), {}", data_.file(),
                key("rope.scaling.type"), type, kChoose);
    const double factor = data_.needed_number(key("rope.scaling.factor"));
    json scaling{{"rope_type", type}, {"factor", factor}};
    if (const auto length = data_.integer(key("rope.scaling.original_context_length")))
      scaling["original_max_position_embeddings"] = *length;
    if (amplitude() != 1)  // transformers' attention_factor stands in place of the usual one
      scaling["attention_factor"] = amplitude() * yarn_scale(factor);
    return scaling;
  }

  // What Llama 3.1's setting gives for pair i of a head's values.
  double llama3_factor(size_t i, double factor) const {
    constexpr double kLow = 1, kHigh = 4, kLength = 8192;
    const double wavelength =
        2 * std::numbers::pi *
        std::pow(theta_, 2 * static_cast<double>(i) / static_cast<double>(width_));
    if (wavelength < kLength / kHigh) return 1;
    if (wavelength > kLength / kLow) return factor;
    const double smooth = (kLength / wavelength - kLow) / (kHigh - kLow);
    return 1 / ((1 - smooth) / factor + smooth);
  }

  json llama3(const gguf::StoredTensor& stored) const {
    const size_t pairs = stored.bytes.size() / sizeof(float);
    const bool whole = stored.type.plain == gguf::Plain::f32 && pairs > 0 &&
                       width_ / 2 == static_cast<int64_t>(pairs);
    std::vector<float> factors(whole ? pairs : 0);
    if (whole) std::memcpy(factors.data(), stored.bytes.data(), pairs * sizeof(float));
    const double factor = whole ? *std::ranges::max_element(factors) : 0;
    bool same = whole;
    constexpr double kRounding = 1e-4;  // files hold f32
    for (size_t i = 0; i < factors.size(); ++i)
      same = same && std::abs(factors[i] / llama3_factor(i, factor) - 1) < kRounding;
    base::check(same,
                "{}: the factors of RoPE in {} are not those of Llama 3 (the model would be "
                "computed otherwise), {}",
                data_.file(), kRopeFactors, kChoose);
    return {{"rope_type", "llama3"},
            {"factor", factor},
            {"low_freq_factor", 1},
            {"high_freq_factor", 4},
            {"original_max_position_embeddings", 8192}};
  }

  void read_shared_and_biases() {
    config_["tie_word_embeddings"] = file_.find("output.weight") == nullptr;
    config_["attention_bias"] = name_ != "qwen2" && file_.find("blk.0.attn_q.bias") != nullptr;
    if (name_ == "llama") config_["mlp_bias"] = file_.find("blk.0.ffn_gate.bias") != nullptr;
  }

  // The end of a text, and that of a turn where it is another one.
  json ends() const {
    json ends = json::array({data_.needed_integer("tokenizer.ggml.eos_token_id")});
    const auto turn = data_.integer("tokenizer.ggml.eot_token_id");
    if (turn && ends.front() != *turn) ends.push_back(*turn);
    return ends;
  }

  const gguf::GgufFile& file_;
  const gguf::Metadata& data_;
  std::string name_;   // of the architecture
  int64_t width_ = 0;  // of a head
  double theta_ = 0;
  json config_;
};

}  // namespace

std::string gguf_config(const gguf::GgufFile& file) { return GgufConfig(file).config().dump(); }

}  // namespace lorahub::model
