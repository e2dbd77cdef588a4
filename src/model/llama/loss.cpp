#include "model/llama/loss.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cassert>

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
  at::Tensor hidden(const FirstProducts& first) const { return last_block(to_last_block(first)); }

  // What the last block takes: [P or 1, rows, d], f32.
  at::Tensor to_last_block(const FirstProducts& first) const {
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
    return x;
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
    return tensor::attend_causal(
        widened({.q = ready_queries(n, layer, x.q, batch_.rotation),
                 .k = batch_.seen_by_each(ready_keys(n, layer, x.k, batch_.rotation)),
                 .v = batch_.seen_by_each(x.v)}),
        {.targets = batch_.rows, .sources = batch_.seen}, heads(number));
  }

  // In the last block only the target rows ask: the others give keys and values.
  at::Tensor last_block(const at::Tensor& x) const {
    const Network& n = model_.network;
    const Block& block = n.blocks.back();
    const at::Tensor rows = normed(model_, x, block.attention_norm);
    const at::Tensor asking = rows.index_select(1, batch_.target_rows);
    const at::Tensor k = adapted_linear(block.attention.k, model_, rows);
    const at::Tensor q = adapted_linear(block.attention.q, model_, asking);
    const at::Tensor v = adapted_linear(block.attention.v, model_, rows);
    const at::Tensor found = tensor::attend_causal(
        widened({.q = ready_queries(n, block.attention, q, batch_.target_rotation),
                 .k = batch_.seen_by_each(ready_keys(n, block.attention, k, batch_.rotation)),
                 .v = batch_.seen_by_each(v)}),
        {.targets = batch_.targets, .sources = batch_.seen}, heads(n.blocks.size() - 1));
    at::Tensor y = x.index_select(1, batch_.target_rows);
    y = add_biased_linear(y, block.attention.o, model_, found);
    y = add_feed_forward(y, block, model_);
    return tensor::rms_norm(y, n.final_norm, n.config.epsilon, at::kFloat);
  }

  const AdaptedNetwork& model_;
  const LossBatch& batch_;
};

}  // namespace

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

std::vector<double> loss_sums(const Network& network, const Adapter& adapter,
                              std::span<const Tokens> examples, const tensor::Products& by) {
  if (examples.empty()) return {};
  const LossBatch batch = pack(network, examples);
  return sums(batch, token_losses(network, adapter, batch, by));
}

at::Tensor prompt_state(const Network& network, const Adapter& adapter, const Ids& prompt) {
  assert(adapter.candidates == 1);
  at::set_num_threads(1);
  const c10::InferenceMode inference;
  const std::vector<Tokens> one{{.source = prompt, .target = {network.config.ends.front()}}};
  const LossBatch batch = pack(network, one);  // the prompt's last token asks for the target
  const AdaptedNetwork model{.network = network, .adapter = adapter};
  const FirstProducts first = first_products(network, batch, model.by);
  return LossPass(model, batch).to_last_block(first)[0][-1];
}

}  // namespace lorahub::model::llama
