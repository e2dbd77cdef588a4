#include "model/llama/reference.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/llama/loss.hpp"
#include "model/llama/rotary_angles.hpp"
#include "model/reference_pass.hpp"
#include "tensor/differentiable.hpp"

namespace lorahub::model::llama::reference {
namespace {

// One forward pass.
struct LlamaPass : ReferencePass {
  const Network& network;

  at::Tensor linear(const BiasedLinear& layer, const at::Tensor& x) {
    at::Tensor y = times(x, layer.weight);
    if (layer.bias.defined()) y = y + layer.bias;
    return adapted(y, layer.slot, x);
  }

  // Heads of rows [K, S, h * head_dim], normed and rotated: [K, h, S, head_dim].
  at::Tensor turned_heads(const at::Tensor& x, const at::Tensor& weight,
                          const tensor::Rotation& by) const {
    at::Tensor heads = x.unflatten(2, {-1, network.config.head_dim});
    if (weight.defined()) heads = norm(heads, weight);
    heads = heads.transpose(1, 2);
    const std::vector<at::Tensor> half = heads.chunk(2, -1);
    const at::Tensor cos = by.cos.to(wide()), sin = by.sin.to(wide());
    return at::cat({half[0] * cos - half[1] * sin, half[1] * cos + half[0] * sin}, -1);
  }

  at::Tensor shared(const at::Tensor& heads) const {  // by the queries of a group
    return heads.repeat_interleave(network.config.heads / network.config.kv_heads, 1);
  }

  // x [K, S, d] looks at itself; mask [S, S].
  at::Tensor attention(const Attention& layer, const at::Tensor& x, const tensor::Rotation& by,
                       const at::Tensor& mask) {
    const LlamaConfig& config = network.config;
    const double scale = 1 / std::sqrt(static_cast<double>(config.head_dim));
    const at::Tensor q = turned_heads(linear(layer.q, x), layer.q_norm, by) * scale;
    const at::Tensor k = shared(turned_heads(linear(layer.k, x), layer.k_norm, by));
    const at::Tensor v =
        shared(linear(layer.v, x).unflatten(2, {-1, config.head_dim}).transpose(1, 2));
    const at::ScalarType type = layer.o.weight.scalar_type();
    const at::Tensor weights =
        drop(at::softmax(tensor::differentiable::scores(q, k, type) + mask, -1), dropout.model)
            .to(type);
    return linear(layer.o, at::matmul(weights, v.to(type)).transpose(1, 2).flatten(2));
  }

  at::Tensor feed_forward(const FeedForward& ff, const at::Tensor& x) {
    return linear(ff.down, tensor::differentiable::silu_gate(linear(ff.gate, x), linear(ff.up, x)));
  }

  // -inf where a row may not look: [S, S].
  at::Tensor mask(int64_t rows, int64_t window) const {
    const auto options = network.final_norm.options();
    at::Tensor hidden = at::ones({rows, rows}, options).triu(1);
    if (window > 0) hidden = hidden + at::ones({rows, rows}, options).tril(-window);
    return at::zeros({rows, rows}, options)
        .masked_fill(hidden.gt(0), -std::numeric_limits<double>::infinity());
  }

  // Hidden states of ids [K, S] behind the last norm.
  at::Tensor hidden(const at::Tensor& ids) {
    const int64_t rows = ids.size(1);
    const tensor::Rotation by =
        rotation(network.config, at::arange(rows, ids.options().dtype(at::kLong)));
    at::Tensor x =
        network.embedding.index_select(0, ids.flatten()).view({ids.size(0), rows, -1}).to(wide());
    for (size_t i = 0; i < network.blocks.size(); ++i) {
      const Block& block = network.blocks[i];
      x = x + attention(block.attention, input(x, block.attention_norm), by,
                        mask(rows, network.config.windows[i]));
      x = x + feed_forward(block.ff, input(x, block.ff_norm));
    }
    return norm(x, network.final_norm);
  }

  at::Tensor head(const at::Tensor& rows) {
    const at::Tensor scores = tensor::differentiable::product(rows, network.lm_head.to(wide()));
    return adapted(scores, network.head_slot, rows);
  }
};

// Prompt and target in one sequence without the last token, filled up with zeros behind the end,
// where no row looks: [K, S].
at::Tensor padded_ids(const Network& network, std::span<const Tokens> examples) {
  size_t longest = 0;
  for (const Tokens& pair : examples)
    longest = std::max(longest, pair.source.size() + pair.target.size() - 1);
  std::vector<at::Tensor> rows;
  for (const Tokens& pair : examples) {
    Ids row = pair.source;
    row.insert(row.end(), pair.target.begin(), pair.target.end() - 1);
    row.resize(longest, 0);
    rows.push_back(at::tensor(row, at::kLong));
  }
  return at::stack(rows).to(network.embedding.device());
}

void check_examples(const Network& network, std::span<const Tokens> examples) {
  for (const Tokens& pair : examples) {
    check_ids(pair.source, network.config.vocabulary, "source");
    check_ids(pair.target, network.config.vocabulary, "target");
    check_length(network.config, pair.source.size() + pair.target.size());
  }
}

// The places of one example's target rows in hidden states [K * S, d].
Ids target_places(const Tokens& pair, int64_t example, int64_t rows) {
  Ids places(pair.target.size());
  for (size_t t = 0; t < places.size(); ++t)
    places[t] = example * rows + static_cast<int64_t>(pair.source.size() - 1 + t);
  return places;
}

}  // namespace

at::Tensor logits(const Network& network, const Adapter& adapter,
                  std::span<const Tokens> examples) {
  const tensor::Dropout none;
  LlamaPass pass = pass_through<LlamaPass>(network, adapter, none);
  const at::Tensor hidden = pass.hidden(padded_ids(network, examples));
  size_t longest = 0;
  for (const Tokens& pair : examples) longest = std::max(longest, pair.target.size());
  at::Tensor rows = at::zeros({std::ssize(examples), static_cast<int64_t>(longest), hidden.size(2)},
                              hidden.options());
  for (size_t k = 0; k < examples.size(); ++k) {
    const auto example = static_cast<int64_t>(k);
    const auto prompt = static_cast<int64_t>(examples[k].source.size());
    const auto targets = static_cast<int64_t>(examples[k].target.size());
    rows[example].narrow(0, 0, targets).copy_(hidden[example].narrow(0, prompt - 1, targets));
  }
  return pass.head(rows);
}

at::Tensor loss_sums(const Network& network, const Adapter& adapter,
                     std::span<const Tokens> examples, const tensor::Dropout& dropout) {
  check_examples(network, examples);
  LlamaPass pass = pass_through<LlamaPass>(network, adapter, dropout);
  const at::Tensor hidden = pass.hidden(padded_ids(network, examples));
  Ids places, labels, owners;
  for (size_t k = 0; k < examples.size(); ++k) {
    const Ids own = target_places(examples[k], static_cast<int64_t>(k), hidden.size(1));
    places.insert(places.end(), own.begin(), own.end());
    labels.insert(labels.end(), examples[k].target.begin(), examples[k].target.end());
    owners.insert(owners.end(), own.size(), static_cast<int64_t>(k));
  }
  const at::Tensor rows = hidden.flatten(0, 1).index_select(0, to_device(network, places));
  const at::Tensor losses =
      at::cross_entropy_loss(pass.head(rows), to_device(network, labels), {}, at::Reduction::None);
  return at::zeros({std::ssize(examples)}, losses.options())
      .index_add(0, to_device(network, owners), losses);
}

}  // namespace lorahub::model::llama::reference
