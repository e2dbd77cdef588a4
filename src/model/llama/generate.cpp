#include "model/llama/generate.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "model/greedy.hpp"
#include "model/llama/loss.hpp"
#include "model/llama/rotary_angles.hpp"
#include "tensor/kernels.hpp"

namespace lorahub::model::llama {
namespace {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

// Keys and values of one layer for the rows still being written, compute dtype. The prompts end
// together, at the longest one's length: shorter ones begin later. The places behind that hold the
// tokens written since, one a step.
struct Cache {
  at::Tensor k, v;  // [P * B, kv heads, capacity, head_dim]
};

struct PackedPrompts {
  PackedSequences packed;
  tensor::Packing whole;  // each prompt with what it shares
  at::Tensor last_rows;   // [B], the places of the prompts' last tokens in `packed.ids`
  at::Tensor prompt_of;   // [rows], the prompt of each place, where none is shared
  at::Tensor lengths;     // [B]
};

// What prompts begin with is shared where all rows have one adapter.
enum class Begins { together, apart };
PackedPrompts pack_prompts(const Network& network, std::span<const Ids> prompts, Begins begins) {
  std::vector<int64_t> lengths;
  Ids last_rows, prompt_of;
  for (const Ids& prompt : prompts) {
    check_ids(prompt, network.config.vocabulary, "source");
    lengths.push_back(std::ssize(prompt));
  }
  const int64_t shortest = *std::ranges::min_element(lengths);
  const int64_t most_shared = begins == Begins::together ? shortest - 1 : 0;
  PackedSequences packed = pack_sequences(network, prompts, most_shared);
  for (size_t i = 0; i < prompts.size(); ++i) {
    last_rows.push_back(packed.rows.offsets[i] + packed.rows.lengths[i] - 1);
    prompt_of.insert(prompt_of.end(), static_cast<size_t>(packed.rows.lengths[i]),
                     static_cast<int64_t>(i));
  }
  return {.packed = std::move(packed),
          .whole = tensor::pack(lengths),
          .last_rows = to_device(network, last_rows),
          .prompt_of = to_device(network, prompt_of),
          .lengths = to_device(network, lengths)};
}

class LlamaDecoder : public GreedyDecoder {
 public:
  LlamaDecoder(const AdaptedNetwork& model, const PackedPrompts& prompts, const GreedyRules& rules)
      : GreedyDecoder(model.network.head(), model.adapter, prompts.whole.lengths.size(), rules),
        network_(model.network),
        longest_(prompts.whole.longest) {
    const LlamaConfig& config = network_.config;
    positions_ = prompts.lengths.repeat({adapter().candidates});
    begins_ = longest_ - positions_;
    rotation_ = rotation(config, at::arange(longest_ + max_tokens(), positions_.options()));
    read(prompts);
  }

 private:
  AdaptedNetwork model() const { return {.network = network_, .adapter = adapter()}; }

  // Packed rows [P or 1, rows, h * head_dim] of the whole prompts -> [P * B, h, capacity,
  // head_dim], each prompt's last row at longest - 1, zero before the first.
  at::Tensor padded(const at::Tensor& packed, const tensor::Packing& packing) const {
    const int64_t heads = network_.config.kv_heads, candidates = adapter().candidates;
    const at::Tensor from = tensor::split_heads(packed, heads).expand({candidates, -1, -1, -1});
    const auto batch = static_cast<int64_t>(packing.lengths.size());
    const int64_t capacity = longest_ + std::min<int64_t>(8, max_tokens());
    at::Tensor out = at::zeros({candidates, batch, heads, capacity, from.size(3)},
                               packed.options().dtype(model().dtype()));
    for (int64_t i = 0; i < batch; ++i) {
      const int64_t length = packing.lengths[static_cast<size_t>(i)];
      out.select(1, i)
          .narrow(2, longest_ - length, length)
          .copy_(from.narrow(2, packing.offsets[static_cast<size_t>(i)], length));
    }
    return out.flatten(0, 1);
  }

  // Reads the prompts, which fills the caches and gives what the first step writes from.
  void read(const PackedPrompts& prompts) {
    const Network& n = network_;
    const PackedSequences& packed = prompts.packed;
    const bool by_row = differs_by_row(adapter());
    const Adapter of_tokens = by_row ? rows_of(adapter(), prompts.prompt_of) : adapter();
    const AdaptedNetwork reading{.network = n, .adapter = of_tokens};
    at::Tensor x = embed(n, packed.ids);
    for (size_t i = 0; i < n.blocks.size(); ++i) {
      const Block& block = n.blocks[i];
      const at::Tensor rows = normed(reading, x, block.attention_norm);
      const Attention& layer = block.attention;
      const at::Tensor k = adapted_linear(layer.k, reading, rows);
      tensor::Projections all{
          .q = ready_queries(n, layer, adapted_linear(layer.q, reading, rows), packed.rotation),
          .k = packed.seen_by_each(ready_keys(n, layer, k, packed.rotation)),
          .v = packed.seen_by_each(adapted_linear(layer.v, reading, rows))};
      caches_.push_back({.k = padded(all.k, prompts.whole), .v = padded(all.v, prompts.whole)});
      const int64_t wide = std::max({all.q.size(0), all.k.size(0), all.v.size(0)});
      for (at::Tensor* t : {&all.q, &all.k, &all.v}) *t = t->expand({wide, -1, -1});
      const at::Tensor seen = tensor::attend_causal(
          all, {.targets = packed.rows, .sources = packed.seen},
          {.count = n.config.heads, .groups = n.config.kv_heads, .window = n.config.windows[i]});
      x = add_biased_linear(x, layer.o, reading, seen);
      x = add_feed_forward(x, block, reading);
    }
    x = x.index_select(1, prompts.last_rows).expand({adapter().candidates, -1, -1});
    first_ = tensor::rms_norm(x.contiguous(), n.final_norm, n.config.epsilon, at::kFloat);
  }

  // Appends k and v [P * B, kv heads, head_dim] of a step at `place`; room doubles when it runs
  // out.
  void remember(Cache& cache, const at::Tensor& k, const at::Tensor& v, int64_t place) const {
    const int64_t room = cache.k.size(2);
    if (place == room) {
      const int64_t written = room - longest_;
      const int64_t more = longest_ + std::min<int64_t>(2 * written, max_tokens());
      for (at::Tensor* t : {&cache.k, &cache.v}) {
        at::Tensor grown = at::empty({t->size(0), t->size(1), more, t->size(3)}, t->options());
        grown.narrow(2, 0, room).copy_(*t);
        *t = grown;
      }
    }
    cache.k.select(2, place).copy_(k);
    cache.v.select(2, place).copy_(v);
  }

  // -inf at the places that a row does not see: before its prompt, and outside the window.
  // [P * B, 1, 1, keys]
  at::Tensor mask(int64_t keys, int64_t window) const {
    const at::Tensor places = at::arange(keys, begins_.options()).unsqueeze(0);
    at::Tensor unseen = places.lt(begins_.unsqueeze(1));
    if (window > 0) unseen = unseen.logical_or(places.lt(keys - window));
    const at::Tensor mask = at::zeros(unseen.sizes(), unseen.options().dtype(at::kFloat))
                                .masked_fill_(unseen, kMinusInfinity);
    return tensor::aligned(mask.view({-1, 1, 1, keys}), model().dtype());
  }

  at::Tensor attention(size_t number, const at::Tensor& x, const tensor::Rotation& by,
                       int64_t place) {
    const Attention& layer = network_.blocks[number].attention;
    const LlamaConfig& config = network_.config;
    Cache& cache = caches_[number];
    const at::Tensor q = ready_queries(network_, layer, adapted_linear(layer.q, model(), x), by);
    const at::Tensor k = ready_keys(network_, layer, adapted_linear(layer.k, model(), x), by);
    const at::Tensor v = adapted_linear(layer.v, model(), x);
    const int64_t rows = positions_.size(0);
    const auto each = [&](const at::Tensor& all) {
      return all.expand({adapter().candidates, -1, -1})
          .reshape({rows, config.kv_heads, -1, config.head_dim});
    };
    remember(cache, each(k).squeeze(2), each(v).squeeze(2), place);
    const int64_t keys = place + 1;
    const at::Tensor seen =  // the queries of a group are rows that look at the same keys
        tensor::attend(each(q).to(model().dtype()), cache.k.narrow(2, 0, keys),
                       cache.v.narrow(2, 0, keys), mask(keys, config.windows[number]));
    return seen.reshape({adapter().candidates, -1, config.q_width()});
  }

  at::Tensor hidden(int64_t step, const Ids& last) override {
    if (step == 0) return first_;
    const Network& n = network_;
    const int64_t candidates = adapter().candidates;
    at::Tensor x = embed(n, to_device(n, last)).view({candidates, -1, n.config.d_model});
    const at::Tensor places = positions_.narrow(0, 0, x.size(1)) + (step - 1);
    const tensor::Rotation by{.cos = rotation_.cos.index_select(0, places),
                              .sin = rotation_.sin.index_select(0, places)};
    for (size_t i = 0; i < n.blocks.size(); ++i) {
      const Block& block = n.blocks[i];
      const at::Tensor rows = normed(model(), x, block.attention_norm);
      x = add_biased_linear(x, block.attention.o, model(),
                            attention(i, rows, by, longest_ + step - 1));
      x = add_feed_forward(x, block, model());
    }
    return tensor::rms_norm(x, n.final_norm, n.config.epsilon, at::kFloat);
  }

  void keep(const at::Tensor& rows) override {
    positions_ = positions_.index_select(0, rows);
    begins_ = begins_.index_select(0, rows);
    for (Cache& cache : caches_)
      for (at::Tensor* t : {&cache.k, &cache.v}) *t = t->index_select(0, rows);
  }

  const Network& network_;
  int64_t longest_;            // prompt
  at::Tensor positions_;       // [P * B], of the first token that each row writes
  at::Tensor begins_;          // [P * B], places of the prompts' first tokens in the caches
  tensor::Rotation rotation_;  // of all positions
  at::Tensor first_;           // hidden states behind the prompts
  std::vector<Cache> caches_;
};

// How many tokens the answer to each prompt may have: it ends where the window does.
std::vector<int64_t> room_of(const LlamaConfig& config, std::span<const Ids> prompts,
                             int64_t most) {
  std::vector<int64_t> room;
  for (const Ids& prompt : prompts) {
    check_length(config, prompt.size() + 1);
    room.push_back(std::min(most, config.most_positions - std::ssize(prompt)));
  }
  return room;
}

std::vector<Ids> write_answers(const AdaptedNetwork& model, std::span<const Ids> prompts,
                               GreedyRules rules) {
  if (prompts.empty() || rules.limit.max_tokens <= 0)
    return std::vector<Ids>(static_cast<size_t>(model.adapter.candidates) * prompts.size());
  at::set_num_threads(1);
  tensor::keep_freed_memory();
  const c10::InferenceMode inference;
  rules.room = room_of(model.network.config, prompts, rules.limit.max_tokens);
  rules.limit.max_tokens = static_cast<int>(*std::ranges::max_element(rules.room));
  const Begins begins = differs_by_row(model.adapter) ? Begins::apart : Begins::together;
  const PackedPrompts packed = pack_prompts(model.network, prompts, begins);
  return LlamaDecoder(model, packed, rules).answers(model.network.config.ends.front());
}

}  // namespace

std::vector<Ids> generate(const Network& network, const Adapter& adapter,
                          std::span<const Ids> prompts, const AnswerLimit& limit) {
  assert(adapter.candidates == 1);
  return write_answers({.network = network, .adapter = adapter}, prompts,
                       {.limit = limit, .ends = network.config.ends});
}

std::vector<Ids> generate_each(const Network& network, const Adapter& adapter,
                               std::span<const Ids> prompts, const AnswerLimit& limit) {
  return write_answers({.network = network, .adapter = adapter}, prompts,
                       {.limit = limit, .ends = network.config.ends, .leaves = Leaves::candidates});
}

}  // namespace lorahub::model::llama
