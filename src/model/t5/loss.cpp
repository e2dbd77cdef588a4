#include "model/t5/loss.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cassert>

#include "model/t5/cross.hpp"
#include "model/t5/layers.hpp"
#include "tensor/kernels.hpp"

namespace lorahub::model::t5 {
namespace {

// Decoder's hidden states of all targets at once: [P, target rows, d], f32.
at::Tensor decode(const AdaptedNetwork& model, const LossBatch& batch, const at::Tensor& encoded) {
  RECORD_USER_SCOPE("decoder");
  const Network& n = model.network;
  const at::ScalarType dtype = n.embedding.scalar_type();
  const tensor::Packing& targets = batch.targets.packing;
  const tensor::Sides sides{.targets = targets, .sources = batch.sources.packing};
  const tensor::Sides own_side{.targets = targets, .sources = targets};
  // Absorbed keys and values have no tokens of their own to be routed.
  const bool absorb = short_targets(n.config, sides) && !routes(model.adapter);
  at::Tensor x = embed(n.decoder_embedding, batch.targets.ids);
  for (const Block& block : n.decoder.blocks) {
    const at::Tensor normed = tensor::rms_norm(x, block.self_norm, n.config.epsilon, dtype);
    const tensor::Projections qkv = project(block.self, model.adapter, normed, model.by);
    const at::Tensor own = tensor::attend_packed(qkv, own_side, batch.targets.bias, n.config.heads);
    x = add_linear(x, block.self.o, model.adapting(), own);
    const Cross cross{.layer = block.cross,
                      .adapter = model.adapter,
                      .encoded = encoded,
                      .sides = sides,
                      .heads = n.config.heads,
                      .by = model.by};
    const at::Tensor asking = tensor::rms_norm(x, block.cross_norm, n.config.epsilon, dtype);
    const at::Tensor seen = absorb ? cross_absorbed(cross, asking) : cross_projected(cross, asking);
    x = add_linear(x, block.cross.o, model.adapting(), seen);
    x = add_feed_forward(x, block, model);
  }
  return tensor::rms_norm(x, n.decoder.final_norm, n.config.epsilon, at::kFloat);
}

}  // namespace

Biases biases(const Network& network, std::span<const Tokens> examples) {
  size_t source = 0, target = 0;
  for (const Tokens& pair : examples) {
    source = std::max(source, pair.source.size());
    target = std::max(target, pair.target.size());
  }
  const c10::InferenceMode inference;
  return {.encoder = self_bias(network, Direction::both, static_cast<int64_t>(source)),
          .decoder = self_bias(network, Direction::causal, static_cast<int64_t>(target))};
}

LossBatch pack(const Network& network, std::span<const Tokens> examples, const Biases& biases) {
  const T5Config& config = network.config;
  std::vector<Ids> sources, read;
  Ids labels;
  for (const Tokens& pair : examples) {
    check_ids(pair.source, config.vocabulary, "source");
    check_ids(pair.target, config.vocabulary, "target");
    sources.push_back(pair.source);
    read.push_back({config.decoder_start});
    read.back().insert(read.back().end(), pair.target.begin(), pair.target.end() - 1);
    labels.insert(labels.end(), pair.target.begin(), pair.target.end());
  }
  const c10::InferenceMode inference;
  return {.sources = pack(network, sources, biases.encoder),
          .targets = pack(network, read, biases.decoder),
          .labels = to_device(network, labels)};
}

at::Tensor token_losses(const Network& network, const Adapter& adapter, const LossBatch& batch,
                        const tensor::Products& by) {
  assert(adapter.candidates >= 1);
  at::set_num_threads(1);
  tensor::keep_freed_memory();
  const c10::InferenceMode inference;
  const AdaptedNetwork model{.network = network, .adapter = adapter, .by = by};
  const at::Tensor encoded = encode(model, batch.sources);
  const at::Tensor hidden = decode(model, batch, encoded).expand({adapter.candidates, -1, -1});
  return cross_entropies(network.head(), adapter, hidden, batch.labels);
}

std::vector<double> sums(const LossBatch& batch, const at::Tensor& token_losses) {
  return sums_by_example(batch.targets.packing.lengths, token_losses);
}

std::vector<double> loss_sums(const Network& network, const Adapter& adapter,
                              std::span<const Tokens> examples, const tensor::Products& by) {
  if (examples.empty()) return {};
  const LossBatch batch = pack(network, examples, biases(network, examples));
  return sums(batch, token_losses(network, adapter, batch, by));
}

}  // namespace lorahub::model::t5
