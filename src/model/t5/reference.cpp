#include "model/t5/reference.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "model/reference_pass.hpp"
#include "model/t5/relative_bias.hpp"
#include "tensor/differentiable.hpp"
#include "tensor/packed_attention.hpp"

namespace lorahub::model::t5::reference {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

// One forward pass.
struct T5Pass : ReferencePass {
  const Network& network;

  using ReferencePass::drop;
  at::Tensor drop(const at::Tensor& x) { return drop(x, dropout.model); }

  at::Tensor linear(const tensor::Linear& layer, const at::Tensor& x) {
    return adapted(times(x, layer.weight), layer.slot, x);
  }

  at::Tensor heads(const at::Tensor& x) const {
    return x.unflatten(2, {network.config.heads, -1}).transpose(1, 2);
  }

  // x [K, queries, d] looks at y [K, keys, d]; bias [1 or K, 1 or h, 1 or queries, keys].
  at::Tensor attention(const Attention& layer, const at::Tensor& x, const at::Tensor& y,
                       const at::Tensor& bias) {
    const at::Tensor q = heads(linear(layer.q, x));
    const at::Tensor k = heads(linear(layer.k, y));
    const at::Tensor v = heads(linear(layer.v, y));
    const at::ScalarType type = layer.o.weight.scalar_type();
    const at::Tensor weights =
        drop(at::softmax(tensor::differentiable::scores(q, k, type) + bias, -1)).to(type);
    return linear(layer.o, at::matmul(weights, v.to(type)).transpose(1, 2).flatten(2));
  }

  at::Tensor feed_forward(const FeedForward& ff, const at::Tensor& x) {
    const T5Config& config = network.config;
    at::Tensor hidden = linear(ff.wi_0, x);
    if (config.gated && config.gelu) {
      hidden = tensor::differentiable::gelu_gate(hidden, linear(ff.wi_1, x));
    } else {
      hidden = config.gelu ? at::gelu(hidden, "tanh") : at::relu(hidden);
      if (config.gated) hidden = hidden * linear(ff.wi_1, x);
    }
    return linear(ff.wo, drop(hidden));
  }

  at::Tensor embed(const at::Tensor& embedding, const at::Tensor& ids) const {
    return embedding.index_select(0, ids.flatten()).view({ids.size(0), ids.size(1), -1}).to(wide());
  }

  at::Tensor encode(const at::Tensor& ids, const at::Tensor& mask) {
    const int64_t length = ids.size(1);
    const at::Tensor bias = mask + position_bias(network.config, network.encoder, Direction::both,
                                                 {.queries = length, .keys = length});
    at::Tensor x = drop(embed(network.embedding, ids));
    for (const Block& block : network.encoder.blocks) {
      const at::Tensor normed = input(x, block.self_norm);
      x = x + drop(attention(block.self, normed, normed, bias));
      x = x + drop(feed_forward(block.ff, input(x, block.ff_norm)));
    }
    return drop(norm(x, network.encoder.final_norm)).to(network.embedding.scalar_type());
  }

  at::Tensor decode(const at::Tensor& ids, const at::Tensor& encoded, const at::Tensor& mask) {
    const int64_t length = ids.size(1);
    const at::Tensor bias = position_bias(network.config, network.decoder, Direction::causal,
                                          {.queries = length, .keys = length});
    at::Tensor x = drop(embed(network.decoder_embedding, ids));
    for (const Block& block : network.decoder.blocks) {
      const at::Tensor normed = input(x, block.self_norm);
      x = x + drop(attention(block.self, normed, normed, bias));
      x = x + drop(attention(block.cross, input(x, block.cross_norm), encoded, mask));
      x = x + drop(feed_forward(block.ff, input(x, block.ff_norm)));
    }
    return drop(norm(x, network.decoder.final_norm)) * network.output_scale;
  }
};

// Ids [K, longest], filled up with `filler`.
at::Tensor pad(std::span<const Tokens> examples, Ids Tokens::*side, int64_t filler) {
  size_t longest = 0;
  for (const Tokens& pair : examples) longest = std::max(longest, (pair.*side).size());
  std::vector<at::Tensor> rows;
  for (const Tokens& pair : examples) {
    Ids row = pair.*side;
    row.resize(longest, filler);
    rows.push_back(at::tensor(row, at::kLong));
  }
  return at::stack(rows);
}

constexpr int64_t kNoLabel = -100;

// The decoder's output under teacher forcing, [K, T, d].
at::Tensor hidden(T5Pass& pass, std::span<const Tokens> examples) {
  const Network& network = pass.network;
  const auto device = network.embedding.device();
  const T5Config& config = network.config;
  // Padding is told from its place, not from its id: a source may hold the padding id itself.
  const at::Tensor padding = pad(examples, &Tokens::source, kNoLabel).eq(kNoLabel).to(device);
  const at::Tensor sources = pad(examples, &Tokens::source, config.pad).to(device);
  const at::Tensor targets = pad(examples, &Tokens::target, config.pad).to(device);
  const at::Tensor start = at::full_like(targets.narrow(1, 0, 1), config.decoder_start);
  const at::Tensor shifted = at::cat({start, targets.narrow(1, 0, targets.size(1) - 1)}, 1);
  const at::Tensor mask = at::zeros(padding.sizes(), network.encoder.final_norm.options())
                              .masked_fill(padding, kMinusInfinity)
                              .unsqueeze(1)
                              .unsqueeze(1);  // [K, 1, 1, S]
  return pass.decode(shifted, pass.encode(sources, mask), mask);
}

at::Tensor head(T5Pass& pass, const at::Tensor& rows) {
  const at::Tensor scores =
      tensor::differentiable::product(rows, pass.network.lm_head.to(pass.wide()));
  return pass.adapted(scores, pass.network.head_slot, rows);
}

}  // namespace

at::Tensor logits(const Network& network, const Adapter& adapter,
                  std::span<const Tokens> examples) {
  const tensor::Dropout none;
  T5Pass pass = pass_through<T5Pass>(network, adapter, none);
  return head(pass, hidden(pass, examples));
}

at::Tensor loss_sums(const Network& network, const Adapter& adapter,
                     std::span<const Tokens> examples, const tensor::Dropout& dropout) {
  T5Pass pass = pass_through<T5Pass>(network, adapter, dropout);
  const at::Tensor labels = pad(examples, &Tokens::target, kNoLabel).to(network.embedding.device());
  const at::Tensor places = labels.flatten().ne(kNoLabel).nonzero().flatten();  // of target tokens
  const at::Tensor rows = hidden(pass, examples).flatten(0, 1).index_select(0, places);
  const at::Tensor losses = at::cross_entropy_loss(
      head(pass, rows), labels.flatten().index_select(0, places), {}, at::Reduction::None);
  return at::zeros({labels.numel()}, losses.options())
      .index_copy(0, places, losses)
      .view(labels.sizes())
      .sum(1);
}

}  // namespace lorahub::model::t5::reference
