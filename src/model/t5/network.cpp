#include "model/t5/network.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/check.hpp"
#include "checkpoint/mapped.hpp"
#include "checkpoint/weight_files.hpp"
#include "checkpoint/weights.hpp"
#include "model/t5/tensor_names.hpp"
#include "tensor/cuda/gpu.hpp"
#include "tensor/matmul.hpp"
#include "tensor/threads.hpp"
#include "tensor/values.hpp"

namespace lorahub::model::t5 {
namespace {

void check_finite(const std::string& name, const at::Tensor& tensor) {
  if (tensor::is_finite(tensor)) return;
  base::fail(
      "{} holds {} values that are not finite (every loss would be NaN), "
      "load undamaged weights",
      name, at::isfinite(tensor).logical_not_().sum().item<int64_t>());
}

constexpr const char* kEmbeddings[] = {kShared, kEncoderEmbedding, kDecoderEmbedding, kHeadWeight};

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
    Network n = empty_network(config_);
    place_embeddings(n);
    if (config_.scale_outputs)
      n.output_scale = 1.0 / std::sqrt(static_cast<double>(config_.d_model));
    for (const NamedTensor& named : stack_tensors(n)) place(named);
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

  // Norms and biases stay in f32.
  void place(const NamedTensor& named) {
    *named.tensor = placed(named.name, take(named.name, named.shape),
                           named.linear != nullptr ? placement_.dtype : at::kFloat);
    if (named.linear != nullptr) named.linear->slot = slot_++;
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
    n.embedding = of(kEncoderEmbedding);
    n.decoder_embedding = of(kDecoderEmbedding);
    n.lm_head = of(kHeadWeight);
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
  constexpr size_t kSuffix = std::string_view(".weight").size();
  Network network = empty_network(config);
  std::vector<LinearInfo> all;
  for (const NamedTensor& named : stack_tensors(network)) {
    if (named.linear == nullptr) continue;
    all.push_back({.name = named.name.substr(0, named.name.size() - kSuffix),
                   .out = named.shape[0],
                   .in = named.shape[1],
                   .part = named.name.substr(0, named.name.find('.'))});
  }
  all.push_back({.name = kHead, .out = config.vocabulary, .in = config.d_model, .part = "decoder"});
  return all;
}

std::map<std::string, at::Tensor*> named(Network& network) {
  std::map<std::string, at::Tensor*> all;
  const Ties tied = ties(network);
  if (!tied.decoder && tied.head_to_decoder) {  // a head without a name is tied to `shared`
    all[kEncoderEmbedding] = &network.embedding;
    all[kShared] = &network.decoder_embedding;
  } else {
    all[kShared] = &network.embedding;
    if (!tied.decoder) all[kDecoderEmbedding] = &network.decoder_embedding;
    if (!tied.head) all[kHeadWeight] = &network.lm_head;
  }
  for (const NamedTensor& of_stack : stack_tensors(network)) all[of_stack.name] = of_stack.tensor;
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
