#include "model/llama/loss.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cassert>

#include "base/check.hpp"
#include "model/llama/rotary_angles.hpp"
#include "tensor/kernels.hpp"

namespace lorahub::model::llama {
namespace {

tensor::Projections base_products(const Attention& layer, const at::Tensor& x,
                                  const tensor::Products& by) {
  return {.q = biased_product(layer.q, x, by),
          .k = biased_product(layer.k, x, by),
          .v = biased_product(layer.v, x, by)};
}

// What the first block computes before an adapter comes in: the same for all candidates.
struct FirstProducts {
  at::Tensor x, normed;  // [1, rows, d]
  tensor::Projections qkv;
};

FirstProducts first_products(const Network& n, const LossBatch& batch, const tensor::Products& by) {
  static const Adapter none;
  const AdaptedNetwork base{.network = n, .adapter = none, .by = by};
  const Block& block = n.blocks.front();
  const at::Tensor x = embed(n, batch.ids);
  const at::Tensor rows = normed(base, x, block.attention_norm);
  FirstProducts first{.x = x, .normed = rows, .qkv = {}};
  if (n.blocks.size() > 1) first.qkv = base_products(block.attention, rows, by);
  return first;
}

// The pass of some candidates over all rows.
class LossPass {
 public:
  LossPass(const AdaptedNetwork& model, const LossBatch& batch) : model_(model), batch_(batch) {}

  // Hidden states of the target rows behind the last norm: [P, target rows, d], f32.
  at::Tensor hidden(const FirstProducts& first) const {
    const Network& n = model_.network;
    at::Tensor x = first.x.clone();
    for (size_t i = 0; i + 1 < n.blocks.size(); ++i) {
      const Block& block = n.blocks[i];
      const bool begins = i == 0;
      const at::Tensor rows = begins ? first.normed : normed(model_, x, block.attention_norm);
      const tensor::Projections qkv =
          begins ? copy(first.qkv) : base_products(block.attention, rows, model_.by);
      x = add_biased_linear(x, block.attention.o, model_,
                            attention(block.attention, adapted(block.attention, qkv, rows), i));
      x = add_feed_forward(x, block, model_);
    }
    return last_block(x);
  }

 private:
  static tensor::Projections copy(const tensor::Projections& y) {
    return {.q = y.q.clone(), .k = y.k.clone(), .v = y.v.clone()};
  }

  // y plus what the adapters make of x. Writes into `y`.
  tensor::Projections adapted(const Attention& layer, const tensor::Projections& y,
                              const at::Tensor& x) const {
    return {.q = add_adapter(y.q, x, low_rank(model_.adapter, layer.q.slot)),
            .k = add_adapter(y.k, x, low_rank(model_.adapter, layer.k.slot)),
            .v = add_adapter(y.v, x, low_rank(model_.adapter, layer.v.slot))};
  }

  tensor::CausalHeads heads(size_t layer) const {
    const LlamaConfig& config = model_.network.config;
    return {.count = config.heads, .groups = config.kv_heads, .window = config.windows[layer]};
  }

  // Widens all three to as many candidates as any of them has.
  static tensor::Projections widened(tensor::Projections all) {
    const int64_t wide = std::max({all.q.size(0), all.k.size(0), all.v.size(0)});
    for (at::Tensor* rows : {&all.q, &all.k, &all.v}) *rows = rows->expand({wide, -1, -1});
    return all;
  }

  at::Tensor attention(const Attention& layer, const tensor::Projections& x, size_t number) const {
    const Network& n = model_.network;
    return tensor::attend_causal(widened({.q = ready_queries(n, layer, x.q, batch_.rotation),
                                          .k = ready_keys(n, layer, x.k, batch_.rotation),
                                          .v = x.v}),
                                 {.targets = batch_.rows, .sources = batch_.rows}, heads(number));
  }

  // In the last block only the target rows ask: the others give keys and values.
  at::Tensor last_block(const at::Tensor& x) const {
    const Network& n = model_.network;
    const Block& block = n.blocks.back();
    const at::Tensor rows = normed(model_, x, block.attention_norm);
    const at::Tensor asking = rows.index_select(1, batch_.target_rows);
    const at::Tensor k = adapted_linear(block.attention.k, model_, rows);
    const at::Tensor q = adapted_linear(block.attention.q, model_, asking);
    const at::Tensor seen = tensor::attend_causal(
        widened({.q = ready_queries(n, block.attention, q, batch_.target_rotation),
                 .k = ready_keys(n, block.attention, k, batch_.rotation),
                 .v = adapted_linear(block.attention.v, model_, rows)}),
        {.targets = batch_.targets, .sources = batch_.rows}, heads(n.blocks.size() - 1));
    at::Tensor y = x.index_select(1, batch_.target_rows);
    y = add_biased_linear(y, block.attention.o, model_, seen);
    y = add_feed_forward(y, block, model_);
    return tensor::rms_norm(y, n.final_norm, n.config.epsilon, at::kFloat);
  }

  const AdaptedNetwork& model_;
  const LossBatch& batch_;
};

}  // namespace

void check_length(const LlamaConfig& config, size_t rows) {
  base::check(static_cast<int64_t>(rows) <= config.most_positions,
              "a prompt with its answer has {} tokens (the model was made for {}: "
              "max_position_embeddings), shorten it",
              rows, config.most_positions);
}

LossBatch pack(const Network& network, std::span<const Tokens> examples) {
  const LlamaConfig& config = network.config;
  std::vector<int64_t> lengths, target_lengths;
  Ids ids, positions, target_rows, labels;
  for (const Tokens& pair : examples) {
    check_ids(pair.source, config.vocabulary, "source");
    check_ids(pair.target, config.vocabulary, "target");
    check_length(config, pair.source.size() + pair.target.size());
    const auto prompt = static_cast<int64_t>(pair.source.size());
    const auto targets = static_cast<int64_t>(pair.target.size());
    const int64_t rows = prompt + targets - 1;
    for (int64_t t = 0; t < targets; ++t)
      target_rows.push_back(static_cast<int64_t>(ids.size()) + prompt - 1 + t);
    for (int64_t position = 0; position < rows; ++position) positions.push_back(position);
    ids.insert(ids.end(), pair.source.begin(), pair.source.end());
    ids.insert(ids.end(), pair.target.begin(), pair.target.end() - 1);
    labels.insert(labels.end(), pair.target.begin(), pair.target.end());
    lengths.push_back(rows);
    target_lengths.push_back(targets);
  }
  const c10::InferenceMode inference;
  LossBatch batch{.rows = tensor::pack(lengths),
                  .targets = tensor::pack(target_lengths),
                  .ids = to_device(network, ids),
                  .target_rows = to_device(network, target_rows),
                  .labels = to_device(network, labels),
                  .rotation = rotation(config, to_device(network, positions)),
                  .target_rotation = {}};
  batch.target_rotation = {.cos = batch.rotation.cos.index_select(0, batch.target_rows),
                           .sin = batch.rotation.sin.index_select(0, batch.target_rows)};
  return batch;
}

at::Tensor token_losses(const Network& network, const Adapter& adapter, const LossBatch& batch,
                        const tensor::Products& by) {
  assert(adapter.candidates >= 1);
  at::set_num_threads(1);
  tensor::keep_freed_memory();
  const c10::InferenceMode inference;
  const FirstProducts first = first_products(network, batch, by);
  const int population = adapter.candidates, step = candidates_at_once(first.x, population);
  std::vector<at::Tensor> parts;
  for (int begin = 0; begin < population; begin += step) {
    const int count = std::min(step, population - begin);
    const Adapter some = candidates(adapter, begin, count);
    const AdaptedNetwork model{.network = network, .adapter = some, .by = by};
    const at::Tensor hidden = LossPass(model, batch).hidden(first);
    parts.push_back(hidden.expand({count, -1, -1}));
  }
  const at::Tensor hidden = parts.size() == 1 ? parts.front() : at::cat(parts);
  return cross_entropies(network.head(), adapter, hidden, batch.labels);
}

std::vector<double> sums(const LossBatch& batch, const at::Tensor& token_losses) {
  return sums_by_example(batch.targets.lengths, token_losses);
}

std::vector<double> loss_sums(const Network& network, const Adapter& adapter,
                              std::span<const Tokens> examples, const tensor::Products& by) {
  if (examples.empty()) return {};
  const LossBatch batch = pack(network, examples);
  return sums(batch, token_losses(network, adapter, batch, by));
}

}  // namespace lorahub::model::llama
