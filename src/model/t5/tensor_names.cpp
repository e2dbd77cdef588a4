#include "model/t5/tensor_names.hpp"

#include "base/text.hpp"

namespace lorahub::model::t5 {
namespace {

class Listing {
 public:
  explicit Listing(const T5Config& config) : config_(config) {}

  void stack(const std::string& name, Stack& stack) {
    for (size_t i = 0; i < stack.blocks.size(); ++i)
      block(base::format("{}.block.{}.layer.", name, i), stack.blocks[i], name == "decoder");
    norm(name + ".final_layer_norm", stack.final_norm);
    add({.name = name + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight",
         .shape = {config_.buckets, config_.heads},
         .tensor = &stack.relative_bias});
  }

  std::vector<NamedTensor> all;

 private:
  void block(const std::string& prefix, Block& block, bool decoder) {
    int layer = 0;
    std::string at = prefix + std::to_string(layer++);
    norm(at + ".layer_norm", block.self_norm);
    attention(at + ".SelfAttention", block.self);
    if (decoder) {
      at = prefix + std::to_string(layer++);
      norm(at + ".layer_norm", block.cross_norm);
      attention(at + ".EncDecAttention", block.cross);
    }
    at = prefix + std::to_string(layer);
    norm(at + ".layer_norm", block.ff_norm);
    feed_forward(at + ".DenseReluDense", block.ff);
  }

  void attention(const std::string& prefix, Attention& a) {
    const int64_t d = config_.d_model, inner = config_.inner();
    linear(prefix + ".q", {inner, d}, a.q);
    linear(prefix + ".k", {inner, d}, a.k);
    linear(prefix + ".v", {inner, d}, a.v);
    linear(prefix + ".o", {d, inner}, a.o);
  }

  void feed_forward(const std::string& prefix, FeedForward& ff) {
    const int64_t d = config_.d_model, f = config_.d_ff;
    linear(prefix + (config_.gated ? ".wi_0" : ".wi"), {f, d}, ff.wi_0);
    if (config_.gated) linear(prefix + ".wi_1", {f, d}, ff.wi_1);
    linear(prefix + ".wo", {d, f}, ff.wo);
  }

  void norm(const std::string& name, at::Tensor& tensor) {
    add({.name = name + ".weight", .shape = {config_.d_model}, .tensor = &tensor});
  }

  void linear(const std::string& name, std::vector<int64_t> shape, tensor::Linear& layer) {
    add({.name = name + ".weight",
         .shape = std::move(shape),
         .tensor = &layer.weight,
         .linear = &layer});
  }

  void add(NamedTensor tensor) { all.push_back(std::move(tensor)); }

  const T5Config& config_;
};

}  // namespace

Network empty_network(const T5Config& config) {
  Network network;
  network.config = config;
  network.encoder.blocks.resize(static_cast<size_t>(config.encoder_layers));
  network.decoder.blocks.resize(static_cast<size_t>(config.decoder_layers));
  return network;
}

std::vector<NamedTensor> stack_tensors(Network& network) {
  Listing listing(network.config);
  listing.stack("encoder", network.encoder);
  listing.stack("decoder", network.decoder);
  return std::move(listing.all);
}

}  // namespace lorahub::model::t5
