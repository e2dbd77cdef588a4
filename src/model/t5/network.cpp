#include "model/t5/network.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/check.hpp"
#include "checkpoint/mapped.hpp"
#include "checkpoint/weight_files.hpp"
#include "checkpoint/weights.hpp"
#include "tensor/cuda/gpu.hpp"
#include "tensor/matmul.hpp"
#include "tensor/threads.hpp"
#include "tensor/values.hpp"

namespace lorahub::model::t5 {
namespace {

// "encoder" of "encoder.block.0.layer."
std::string part_of(const std::string& name) { return name.substr(0, name.find('.')); }

void add_attention(std::vector<LinearInfo>& all, const std::string& prefix, const T5Config& c) {
  const std::string part = part_of(prefix);
  for (const char* name : {".q", ".k", ".v"}) {
    all.push_back({.name = prefix + name, .out = c.inner(), .in = c.d_model, .part = part});
  }
  all.push_back({.name = prefix + ".o", .out = c.d_model, .in = c.inner(), .part = part});
}

void add_feed_forward(std::vector<LinearInfo>& all, const std::string& prefix, const T5Config& c) {
  const std::string part = part_of(prefix);
  if (c.gated) {
    all.push_back({.name = prefix + ".wi_0", .out = c.d_ff, .in = c.d_model, .part = part});
    all.push_back({.name = prefix + ".wi_1", .out = c.d_ff, .in = c.d_model, .part = part});
  } else {
    all.push_back({.name = prefix + ".wi", .out = c.d_ff, .in = c.d_model, .part = part});
  }
  all.push_back({.name = prefix + ".wo", .out = c.d_model, .in = c.d_ff, .part = part});
}

void check_finite(const std::string& name, const at::Tensor& tensor) {
  if (tensor::is_finite(tensor)) return;
  base::fail(
      "{} holds {} values that are not finite (every loss would be NaN), "
      "load undamaged weights",
      name, at::isfinite(tensor).logical_not_().sum().item<int64_t>());
}

constexpr const char* kEmbeddings[] = {"shared.weight", "encoder.embed_tokens.weight",
                                       "decoder.embed_tokens.weight", "lm_head.weight"};
constexpr const char* kIgnored =
    "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight";

// Takes tensors out of the file by name and checks them; numbers the linear layers as it goes.
class Builder {
 public:
  Builder(const T5Config& config, const checkpoint::Tensors& weights, Placement placement,
          Share share = {})
      : config_(config),
        weights_(weights),
        placement_(placement),
        share_(share),
        bytes_(static_cast<size_t>(share.count)) {}

  Network network() {
    Network n;
    n.config = config_;
    place_embeddings(n);
    if (config_.scale_outputs)
      n.output_scale = 1.0 / std::sqrt(static_cast<double>(config_.d_model));
    n.encoder = stack("encoder", config_.encoder_layers);
    n.decoder = stack("decoder", config_.decoder_layers);
    n.head_slot = slot_++;
    check_all_used();
    return n;
  }

  const std::vector<SharedTensor>& tensors() const { return tensors_; }

  // Checks the values of this rank's part, by `threads` threads.
  void check_values(int threads) const {
    tensor::share(threads, static_cast<int>(own_.size()), [this](int i) {
      const auto& [name, tensor] = own_[static_cast<size_t>(i)];
      check_finite(name, tensor);
    });
  }

 private:
  bool has(const std::string& name) const { return weights_.contains(name); }

  // Takes a tensor by name and checks its shape, not yet its values.
  at::Tensor take(const std::string& name, at::IntArrayRef shape) {
    const auto found = weights_.find(name);
    used_.insert(name);
    base::check(found != weights_.end(),
                "tensor {} is missing from the model (config.json asks for it), "
                "use the weights and config.json of one model",
                name);
    const at::Tensor& tensor = found->second;
    base::check(tensor.sizes() == shape,
                "tensor {} has shape [{}] but config.json asks for [{}], "
                "use the weights and config.json of one model",
                name, fmt::join(tensor.sizes(), ", "), fmt::join(shape, ", "));
    base::check(at::isFloatingType(tensor.scalar_type()),
                "tensor {} holds {} values (weights must be floating-point numbers), "
                "use unquantised weights",
                name, at::toString(tensor.scalar_type()));
    return tensor;
  }

  // The part with the fewest bytes so far takes the tensor: all ranks find the same.
  int next_owner(int64_t bytes) {
    const auto least = std::ranges::min_element(bytes_);
    *least += bytes;
    return static_cast<int>(least - bytes_.begin());
  }

  // No copy where type and device are right already: mapped files stay mapped.
  at::Tensor placed(const std::string& name, const at::Tensor& tensor, at::ScalarType dtype) {
    const int owner = next_owner(static_cast<int64_t>(tensor.nbytes()));
    const auto options = at::TensorOptions()
                             .device(placement_.device == base::Device::cuda ? at::kCUDA : at::kCPU)
                             .dtype(dtype);
    at::Tensor here;
    if (owner == share_.index) {
      checkpoint::read_ahead(tensor);
      here = tensor.to(options).contiguous();
      own_.emplace_back(name, here);
    } else {
      here = at::empty(tensor.sizes(), options);
    }
    tensors_.push_back({.tensor = here, .owner = owner});
    return here;
  }

  at::Tensor norm(const std::string& name) {
    return placed(name, take(name, {config_.d_model}), at::kFloat);
  }

  // Ties embeddings and head as transformers does: `shared`, or else the first of the others that
  // the file has, stands for all that the file lacks and for copies of itself.
  void place_embeddings(Network& n) {
    const auto first =
        std::ranges::find_if(kEmbeddings, [&](const char* name) { return has(name); });
    const std::string shared = first == std::end(kEmbeddings) ? kEmbeddings[0] : *first;
    std::map<std::string, at::Tensor> placed_by;  // name
    const auto of = [&](const std::string& own) {
      const std::string name =
          has(own) && !tensor::same_values(matrix(own), matrix(shared)) ? own : shared;
      at::Tensor& here = placed_by[name];
      if (!here.defined()) here = placed(name, matrix(name), placement_.dtype);
      return here;
    };
    n.embedding = of("encoder.embed_tokens.weight");
    n.decoder_embedding = of("decoder.embed_tokens.weight");
    n.lm_head = of("lm_head.weight");
  }

  at::Tensor matrix(const std::string& name) {
    return take(name, {config_.vocabulary, config_.d_model});
  }

  // Refuses tensors that nothing has taken, since they would be skipped; transformers' own list of
  // names to ignore has one entry.
  void check_all_used() const {
    for (const auto& [name, tensor] : weights_) {
      if (used_.contains(name) || name == kIgnored) continue;
      const bool adapter = name.find("lora_") != std::string::npos ||
                           name.find("base_layer") != std::string::npos ||
                           name.find("modules_to_save") != std::string::npos;
      base::check(!adapter,
                  "tensor {} is of an adapter that was not merged into the model, save it after "
                  "merge_and_unload()",
                  name);
      base::fail(
          "tensor {} has no place in the T5 that config.json describes (leaving it out would "
          "change "
          "the numbers), use the weights and config.json of one T5",
          name);
    }
  }

  tensor::Linear linear(const std::string& name, int64_t out, int64_t in) {
    const std::string weight = name + ".weight";
    return {.weight = placed(weight, take(weight, {out, in}), placement_.dtype), .slot = slot_++};
  }

  Attention attention(const std::string& prefix) {
    const int64_t d = config_.d_model, inner = config_.inner();
    Attention a;
    a.q = linear(prefix + ".q", inner, d);
    a.k = linear(prefix + ".k", inner, d);
    a.v = linear(prefix + ".v", inner, d);
    a.o = linear(prefix + ".o", d, inner);
    return a;
  }

  FeedForward feed_forward(const std::string& prefix) {
    const int64_t d = config_.d_model, f = config_.d_ff;
    FeedForward ff;
    ff.wi_0 = linear(prefix + (config_.gated ? ".wi_0" : ".wi"), f, d);
    if (config_.gated) ff.wi_1 = linear(prefix + ".wi_1", f, d);
    ff.wo = linear(prefix + ".wo", d, f);
    return ff;
  }

  Block block(const std::string& prefix, bool decoder) {
    Block b;
    int layer = 0;
    const auto next = [&] { return base::format("{}.layer.{}", prefix, layer++); };
    std::string at = next();
    b.self_norm = norm(at + ".layer_norm.weight");
    b.self = attention(at + ".SelfAttention");
    if (decoder) {
      at = next();
      b.cross_norm = norm(at + ".layer_norm.weight");
      b.cross = attention(at + ".EncDecAttention");
    }
    at = next();
    b.ff_norm = norm(at + ".layer_norm.weight");
    b.ff = feed_forward(at + ".DenseReluDense");
    return b;
  }

  Stack stack(const std::string& name, int64_t layers) {
    Stack s;
    for (int64_t i = 0; i < layers; ++i) {
      s.blocks.push_back(block(base::format("{}.block.{}", name, i), name == "decoder"));
    }
    s.final_norm = norm(name + ".final_layer_norm.weight");
    const std::string bias = name + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight";
    s.relative_bias = placed(bias, take(bias, {config_.buckets, config_.heads}), at::kFloat);
    return s;
  }

  const T5Config& config_;
  const checkpoint::Tensors& weights_;
  Placement placement_;
  Share share_;
  std::vector<int64_t> bytes_;  // by part
  std::vector<SharedTensor> tensors_;
  std::vector<std::pair<std::string, at::Tensor>> own_;  // by name: this part's
  std::set<std::string> used_;                           // names in weights_
  int slot_ = 0;
};

// The layers that many rows go through in every pass.
std::vector<tensor::Linear*> encoder_layers(Network& network) {
  std::vector<tensor::Linear*> layers;
  for (Block& block : network.encoder.blocks)
    for (tensor::Linear* layer : {&block.self.q, &block.self.k, &block.self.v, &block.self.o,
                                  &block.ff.wi_0, &block.ff.wi_1, &block.ff.wo})
      if (layer->weight.defined()) layers.push_back(layer);
  return layers;
}

void check_device(Placement placement) {
  base::check(placement.device == base::Device::cpu || at::hasCUDA(),
              "no CUDA device was found (device cuda was asked for), use --device cpu");
  if (placement.device == base::Device::cuda) tensor::use_gpu();
}

// Names the folder in errors that don't.
template <class Load>
auto of_folder(const std::filesystem::path& folder, const Load& load) {
  try {
    return load();
  } catch (const base::Error& error) {
    const std::string text = error.what();
    if (text.find(folder.string()) != std::string::npos) throw;
    base::fail("{}: {}", folder.string(), text);
  }
}

}  // namespace

std::vector<LinearInfo> linears(const T5Config& config) {
  std::vector<LinearInfo> all;
  for (int64_t i = 0; i < config.encoder_layers; ++i) {
    const std::string block = base::format("encoder.block.{}.layer.", i);
    add_attention(all, block + "0.SelfAttention", config);
    add_feed_forward(all, block + "1.DenseReluDense", config);
  }
  for (int64_t i = 0; i < config.decoder_layers; ++i) {
    const std::string block = base::format("decoder.block.{}.layer.", i);
    add_attention(all, block + "0.SelfAttention", config);
    add_attention(all, block + "1.EncDecAttention", config);
    add_feed_forward(all, block + "2.DenseReluDense", config);
  }
  all.push_back({.name = kHead, .out = config.vocabulary, .in = config.d_model, .part = "decoder"});
  return all;
}

std::map<std::string, at::Tensor*> named(Network& network) {
  std::map<std::string, at::Tensor*> all;
  const Ties tied = ties(network);
  if (!tied.decoder && tied.head_to_decoder) {  // a head without a name is tied to `shared`
    all["encoder.embed_tokens.weight"] = &network.embedding;
    all["shared.weight"] = &network.decoder_embedding;
  } else {
    all["shared.weight"] = &network.embedding;
    if (!tied.decoder) all["decoder.embed_tokens.weight"] = &network.decoder_embedding;
    if (!tied.head) all["lm_head.weight"] = &network.lm_head;
  }
  std::vector<at::Tensor*> matrices;  // by slot
  const auto add = [&](Stack& stack, const std::string& name) {
    for (size_t i = 0; i < stack.blocks.size(); ++i) {
      Block& block = stack.blocks[i];
      std::vector<at::Tensor*> norms{&block.self_norm};
      std::vector<tensor::Linear*> layers{&block.self.q, &block.self.k, &block.self.v,
                                          &block.self.o};
      if (block.cross_norm.defined()) {
        norms.push_back(&block.cross_norm);
        layers.insert(layers.end(),
                      {&block.cross.q, &block.cross.k, &block.cross.v, &block.cross.o});
      }
      norms.push_back(&block.ff_norm);
      layers.push_back(&block.ff.wi_0);
      if (block.ff.wi_1.weight.defined()) layers.push_back(&block.ff.wi_1);
      layers.push_back(&block.ff.wo);
      for (size_t n = 0; n < norms.size(); ++n)
        all[base::format("{}.block.{}.layer.{}.layer_norm.weight", name, i, n)] = norms[n];
      for (tensor::Linear* layer : layers) matrices.push_back(&layer->weight);
    }
    all[name + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight"] =
        &stack.relative_bias;
    all[name + ".final_layer_norm.weight"] = &stack.final_norm;
  };
  add(network.encoder, "encoder");
  add(network.decoder, "decoder");
  const std::vector<LinearInfo> infos = linears(network.config);
  for (size_t slot = 0; slot < matrices.size(); ++slot)  // all but the head
    all[infos[slot].name + ".weight"] = matrices[slot];
  return all;
}

Ties ties(const Network& network) {
  return {.decoder = network.decoder_embedding.is_same(network.embedding),
          .head = network.lm_head.is_same(network.embedding),
          .head_to_decoder = network.lm_head.is_same(network.decoder_embedding)};
}

void tie(Network& network, const Ties& ties) {
  if (ties.decoder) network.decoder_embedding = network.embedding;
  if (ties.head) network.lm_head = network.embedding;
  if (ties.head_to_decoder) network.lm_head = network.decoder_embedding;
}

void transpose_weights(Network& network, const std::string& origin, int threads) {
  if (network.embedding.is_cpu() && network.embedding.scalar_type() == at::kFloat)
    tensor::transpose_weights(encoder_layers(network), origin, threads);
}

Network build(const T5Config& config, const checkpoint::Tensors& weights, Placement placement,
              int threads) {
  check_device(placement);
  Builder builder(config, weights, placement);
  Network network = builder.network();
  builder.check_values(threads);
  return network;
}

Network load(const std::filesystem::path& folder, Placement placement, int threads) {
  if (placement.device == base::Device::cuda) return load_share(folder, placement, {}).network;
  return of_folder(folder, [&] {
    const std::string origin = checkpoint::identity(folder);
    const checkpoint::Tensors weights = checkpoint::read_model_weights(folder);
    if (checkpoint::identity(folder) !=
        origin)  // its values would be known by other files' identity
      throw base::Interrupted(base::format(
          "{}: its weights were replaced while they were opened, run the same command to go on",
          folder.string()));
    const checkpoint::Tensors narrowed =
        checkpoint::in_dtype(weights, {placement.dtype, threads}, origin);
    Network network = build(read_config(folder), narrowed, placement, threads);
    transpose_weights(network, origin, threads);
    return network;
  });
}

PartlyLoadedNetwork load_share(const std::filesystem::path& folder, Placement placement,
                               Share share) {
  check_device(placement);
  return of_folder(folder, [&] {
    const T5Config config = read_config(folder);
    const checkpoint::Tensors weights = checkpoint::read_model_weights(folder);
    Builder builder(config, weights, placement, share);
    Network network = builder.network();
    builder.check_values(1);
    return PartlyLoadedNetwork{.network = std::move(network), .tensors = builder.tensors()};
  });
}

}  // namespace lorahub::model::t5
