#include "model/t5/layers.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cassert>
#include <span>

#include "tensor/kernels.hpp"
#include "tensor/matmul.hpp"

namespace lorahub::model::t5 {
namespace {

// Widens all three to as many candidates as any of them has.
tensor::Projections widened(tensor::Projections all) {
  const int64_t wide = std::max({all.q.size(0), all.k.size(0), all.v.size(0)});
  for (at::Tensor* rows : {&all.q, &all.k, &all.v}) *rows = rows->expand({wide, -1, -1});
  return all;
}

// What the first block computes before an adapter comes in: the same for all candidates.
struct FirstBlock {
  at::Tensor x, normed;  // [1, rows, d]
  tensor::Projections qkv;
};

tensor::Projections products(const Attention& layer, const at::Tensor& x,
                             const tensor::Products& by) {
  return {.q = by.product(x, layer.q), .k = by.product(x, layer.k), .v = by.product(x, layer.v)};
}

// y plus what the adapters make of x. Writes into `y`.
tensor::Projections adapted(const tensor::Projections& y, const Attention& layer,
                            const Adapter& adapter, const at::Tensor& x) {
  return widened({.q = add_adapter(y.q, x, low_rank(adapter, layer.q.slot)),
                  .k = add_adapter(y.k, x, low_rank(adapter, layer.k.slot)),
                  .v = add_adapter(y.v, x, low_rank(adapter, layer.v.slot))});
}

tensor::Projections copy(const tensor::Projections& y) {
  return {.q = y.q.clone(), .k = y.k.clone(), .v = y.v.clone()};
}

FirstBlock start(const Network& n, const at::Tensor& x, const tensor::Products& by) {
  const Block& block = n.encoder.blocks.front();
  const at::Tensor normed =
      tensor::rms_norm(x, block.self_norm, n.config.epsilon, n.embedding.scalar_type());
  return {.x = x, .normed = normed, .qkv = products(block.self, normed, by)};
}

// What the encoder's first `count` blocks make of the sources: [P or 1, rows, d], f32.
at::Tensor through_blocks(const AdaptedNetwork& model, const LayerInput& sources,
                          const FirstBlock& start, size_t count) {
  const Network& n = model.network;
  const at::ScalarType dtype = n.embedding.scalar_type();
  const tensor::Sides itself{.targets = sources.packing, .sources = sources.packing};
  at::Tensor x = start.x.clone();
  for (const Block& block : std::span(n.encoder.blocks).first(count)) {
    const bool first = &block == &n.encoder.blocks.front();
    const tensor::Projections qkv =
        first ? adapted(copy(start.qkv), block.self, model.adapter, start.normed)
              : project(block.self, model.adapter,
                        tensor::rms_norm(x, block.self_norm, n.config.epsilon, dtype), model.by);
    const at::Tensor seen = tensor::attend_packed(qkv, itself, sources.bias, n.config.heads);
    x = add_linear(x, block.self.o, model.adapting(), seen);
    x = add_feed_forward(x, block, model);
  }
  return x;
}

at::Tensor encode_some(const AdaptedNetwork& model, const LayerInput& sources,
                       const FirstBlock& start) {
  const Network& n = model.network;
  return tensor::rms_norm(through_blocks(model, sources, start, n.encoder.blocks.size()),
                          n.encoder.final_norm, n.config.epsilon, n.embedding.scalar_type());
}

}  // namespace

tensor::Projections project(const Attention& layer, const Adapter& adapter, const at::Tensor& x,
                            const tensor::Products& by) {
  return adapted(products(layer, x, by), layer, adapter, x);
}

at::Tensor add_feed_forward(const at::Tensor& residual, const Block& block,
                            const AdaptedNetwork& model) {
  const T5Config& config = model.network.config;
  const at::ScalarType dtype = block.ff.wo.weight.scalar_type();
  const at::Tensor x = tensor::rms_norm(residual, block.ff_norm, config.epsilon, dtype);
  at::Tensor hidden = linear(block.ff.wi_0, model.adapter, x, model.by);
  if (config.gated && config.gelu) {
    hidden = tensor::gelu_gate(hidden, linear(block.ff.wi_1, model.adapter, x, model.by));
  } else {
    hidden = config.gelu ? at::gelu(hidden, "tanh") : hidden.relu_();
    if (config.gated) hidden = hidden * linear(block.ff.wi_1, model.adapter, x, model.by);
  }
  return add_linear(residual, block.ff.wo, model.adapting(), hidden);
}

at::Tensor to_device(const Network& network, const Ids& ids) {
  return at::tensor(ids, at::kLong).to(network.embedding.device());
}

LayerInput pack(const Network& network, const std::vector<Ids>& sequences, at::Tensor bias) {
  std::vector<int64_t> lengths;
  Ids all;
  for (const Ids& ids : sequences) {
    lengths.push_back(static_cast<int64_t>(ids.size()));
    all.insert(all.end(), ids.begin(), ids.end());
  }
  return {
      .packing = tensor::pack(lengths), .ids = to_device(network, all), .bias = std::move(bias)};
}

at::Tensor self_bias(const Network& network, Direction direction, int64_t longest) {
  const Stack& stack = direction == Direction::both ? network.encoder : network.decoder;
  return tensor::aligned(
      position_bias(network.config, stack, direction, {.queries = longest, .keys = longest}),
      network.embedding.scalar_type());
}

at::Tensor embed(const at::Tensor& embedding, const at::Tensor& ids) {
  return embedding.index_select(0, ids).to(at::kFloat).unsqueeze(0);
}

at::Tensor encode(const AdaptedNetwork& model, const LayerInput& sources) {
  RECORD_USER_SCOPE("encoder");
  const Network& n = model.network;
  const int population = model.adapter.candidates;
  const FirstBlock begun = start(n, embed(n.embedding, sources.ids), model.by);
  const int step = candidates_at_once(begun.x, population);
  std::vector<at::Tensor> parts;
  for (int first = 0; first < population; first += step) {
    const int count = std::min(step, population - first);
    const Adapter some = candidates(model.adapter, first, count);
    const at::Tensor out = encode_some({n, some, model.by}, sources, begun);
    parts.push_back(out.expand({count, -1, -1}));
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts);
}

at::Tensor encode_to_last_block(const AdaptedNetwork& model, const LayerInput& sources) {
  assert(model.adapter.candidates == 1);
  const Network& n = model.network;
  const FirstBlock begun = start(n, embed(n.embedding, sources.ids), model.by);
  return through_blocks(model, sources, begun, n.encoder.blocks.size() - 1);
}

}  // namespace lorahub::model::t5
