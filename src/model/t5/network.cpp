#include "model/t5/network.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "model/load_network.hpp"
#include "model/t5/tensor_names.hpp"
#include "tensor/matmul.hpp"
#include "tensor/values.hpp"

namespace lorahub::model::t5 {
namespace {

constexpr const char* kEmbeddings[] = {kShared, kEncoderEmbedding, kDecoderEmbedding, kHeadWeight};

at::Tensor take_matrix(TensorPlacer& placer, const std::string& name, const T5Config& config) {
  return placer.take(name, {config.vocabulary, config.d_model});
}

// Ties embeddings and head as transformers does: `shared`, or else the first of the others that the
// file has, stands for all that the file lacks and for copies of itself.
void place_embeddings(TensorPlacer& placer, Network& n) {
  const auto first =
      std::ranges::find_if(kEmbeddings, [&](const char* name) { return placer.has(name); });
  const std::string shared = first == std::end(kEmbeddings) ? kEmbeddings[0] : *first;
  const auto matrix = [&](const std::string& name) { return take_matrix(placer, name, n.config); };
  std::map<std::string, at::Tensor> placed_by;  // name
  const auto of = [&](const std::string& own) {
    const std::string name =
        placer.has(own) && !tensor::same_values(matrix(own), matrix(shared)) ? own : shared;
    at::Tensor& here = placed_by[name];
    if (!here.defined()) here = placer.placed(name, matrix(name), placer.placement().dtype);
    return here;
  };
  n.embedding = of(kEncoderEmbedding);
  n.decoder_embedding = of(kDecoderEmbedding);
  n.lm_head = of(kHeadWeight);
}

Network placed_network(TensorPlacer& placer, const T5Config& config) {
  Network n = empty_network(config);
  place_embeddings(placer, n);
  if (config.scale_outputs) n.output_scale = 1.0 / std::sqrt(static_cast<double>(config.d_model));
  for (const NamedTensor& named : stack_tensors(n)) placer.place(named);
  n.head_slot = placer.next_slot();
  placer.check_all_used([](const std::string& name) { return name == kIgnored; }, "T5");
  return n;
}

// The layers that many rows go through in every pass.
std::vector<tensor::Linear*> encoder_layers(Network& network) {
  std::vector<tensor::Linear*> layers;
  for (Block& block : network.encoder.blocks)
    for (tensor::Linear* layer : {&block.self.q, &block.self.k, &block.self.v, &block.self.o,
                                  &block.ff.wi_0, &block.ff.wi_1, &block.ff.wo})
      if (layer->weight.defined()) layers.push_back(layer);
  return layers;
}

constexpr NetworkMaker<Network, T5Config> kMaker{
    .read_config = read_config, .place = placed_network, .transpose_weights = transpose_weights};

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
  return build_network(kMaker, config, weights, placement, threads);
}

Network load(const std::filesystem::path& folder, Placement placement, int threads) {
  return load_network(kMaker, folder, placement, threads);
}

PartlyLoadedNetwork<Network> load_share(const std::filesystem::path& folder, Placement placement,
                                        Share share) {
  return load_share_of_network(kMaker, folder, placement, share);
}

}  // namespace lorahub::model::t5
