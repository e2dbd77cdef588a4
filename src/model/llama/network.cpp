#include "model/llama/network.hpp"

#include <ATen/ATen.h>

#include <string_view>

#include "base/check.hpp"
#include "model/load_network.hpp"
#include "tensor/matmul.hpp"
#include "tensor/values.hpp"

namespace lorahub::model::llama {
namespace {

// Lists the tensors of the blocks and the last norm.
class BlockListing {
 public:
  explicit BlockListing(const LlamaConfig& config) : config_(config) {}

  void block(const std::string& prefix, Block& block) {
    norm(prefix + "input_layernorm", config_.d_model, block.attention_norm);
    attention(prefix + "self_attn.", block.attention);
    norm(prefix + "post_attention_layernorm", config_.d_model, block.ff_norm);
    feed_forward(prefix + "mlp.", block.ff);
  }

  void norm(const std::string& name, int64_t width, at::Tensor& tensor) {
    all.push_back({.name = name + ".weight", .shape = {width}, .tensor = &tensor});
  }

  std::vector<NamedTensor> all;

 private:
  enum class Bias { no, yes };
  static Bias bias_if(bool biased) { return biased ? Bias::yes : Bias::no; }

  void attention(const std::string& prefix, Attention& a) {
    const int64_t d = config_.d_model, q = config_.q_width(), kv = config_.kv_width();
    const Bias qkv = bias_if(config_.qkv_bias);
    linear(prefix + "q_proj", {q, d}, a.q, qkv);
    linear(prefix + "k_proj", {kv, d}, a.k, qkv);
    linear(prefix + "v_proj", {kv, d}, a.v, qkv);
    linear(prefix + "o_proj", {d, q}, a.o, bias_if(config_.o_bias));
    if (!config_.qk_norm) return;
    norm(prefix + "q_norm", config_.head_dim, a.q_norm);
    norm(prefix + "k_norm", config_.head_dim, a.k_norm);
  }

  void feed_forward(const std::string& prefix, FeedForward& ff) {
    const int64_t d = config_.d_model, f = config_.d_ff;
    const Bias bias = bias_if(config_.mlp_bias);
    linear(prefix + "gate_proj", {f, d}, ff.gate, bias);
    linear(prefix + "up_proj", {f, d}, ff.up, bias);
    linear(prefix + "down_proj", {d, f}, ff.down, bias);
  }

  void linear(const std::string& name, std::vector<int64_t> shape, BiasedLinear& layer, Bias bias) {
    const int64_t out = shape[0];
    all.push_back({.name = name + ".weight",
                   .shape = std::move(shape),
                   .tensor = &layer.weight,
                   .linear = &layer});
    if (bias == Bias::yes)
      all.push_back({.name = name + ".bias", .shape = {out}, .tensor = &layer.bias});
  }

  const LlamaConfig& config_;
};

// Buffers that old files hold beside the weights, and that transformers ignores, too.
bool is_ignored(const std::string& name) { return name.ends_with(".rotary_emb.inv_freq"); }

void place_embedding_and_head(TensorPlacer& placer, Network& n) {
  const std::vector<int64_t> shape{n.config.vocabulary, n.config.d_model};
  const at::Tensor embedding = placer.take(kEmbedding, shape);
  n.embedding = placer.placed(kEmbedding, embedding, placer.placement().dtype);
  n.lm_head = n.embedding;
  if (n.config.tied && !placer.has(kHeadWeight)) return;
  const at::Tensor head = placer.take(kHeadWeight, shape);
  if (n.config.tied) {
    base::check(tensor::same_values(head, embedding),
                "tensor {} differs from {} (config.json has tie_word_embeddings: which one is "
                "meant?), use the weights and config.json of one model",
                kHeadWeight, kEmbedding);
    return;
  }
  n.lm_head = placer.placed(kHeadWeight, head, placer.placement().dtype);
}

Network placed_network(TensorPlacer& placer, const LlamaConfig& config) {
  Network n = empty_network(config);
  place_embedding_and_head(placer, n);
  for (const NamedTensor& each : block_tensors(n)) placer.place(each);
  n.head_slot = placer.next_slot();
  placer.check_all_used(is_ignored, config.type + " model");
  return n;
}

constexpr NetworkMaker<Network, LlamaConfig> kMaker{
    .read_config = read_config, .place = placed_network, .transpose_weights = transpose_weights};

}  // namespace

Network empty_network(const LlamaConfig& config) {
  Network network;
  network.config = config;
  network.blocks.resize(static_cast<size_t>(config.layers));
  return network;
}

std::vector<NamedTensor> block_tensors(Network& network) {
  BlockListing listing(network.config);
  for (size_t i = 0; i < network.blocks.size(); ++i)
    listing.block(base::format("model.layers.{}.", i), network.blocks[i]);
  listing.norm("model.norm", network.config.d_model, network.final_norm);
  return std::move(listing.all);
}

std::vector<LinearInfo> linears(const LlamaConfig& config) {
  constexpr size_t kSuffix = std::string_view(".weight").size();
  Network network = empty_network(config);
  std::vector<LinearInfo> all;
  for (const NamedTensor& each : block_tensors(network))
    if (each.linear != nullptr)
      all.push_back({.name = each.name.substr(0, each.name.size() - kSuffix),
                     .out = each.shape[0],
                     .in = each.shape[1]});
  all.push_back({.name = kHead, .out = config.vocabulary, .in = config.d_model});
  return all;
}

std::map<std::string, at::Tensor*> named(Network& network) {
  std::map<std::string, at::Tensor*> all{{kEmbedding, &network.embedding}};
  if (!network.has_tied_head()) all[kHeadWeight] = &network.lm_head;
  for (const NamedTensor& each : block_tensors(network)) all[each.name] = each.tensor;
  return all;
}

void transpose_weights(Network& network, const std::string& origin, int threads) {
  if (!network.embedding.is_cpu() || network.embedding.scalar_type() != at::kFloat) return;
  std::vector<tensor::Linear*> layers;
  for (const NamedTensor& each : block_tensors(network))
    if (each.linear != nullptr) layers.push_back(each.linear);
  tensor::transpose_weights(layers, origin, threads);
}

Network build(const LlamaConfig& config, const checkpoint::Tensors& weights, Placement placement,
              int threads) {
  return build_network(kMaker, config, weights, placement, threads);
}

Network load(const std::filesystem::path& folder, Placement placement, int threads) {
  return load_network(kMaker, folder, placement, threads);
}

PartlyLoadedNetwork<Network> load_share(const std::filesystem::path& folder, Placement placement,
                                        Share share) {
  return load_share_of_network(kMaker, folder, placement, share);
}

}  // namespace lorahub::model::llama
