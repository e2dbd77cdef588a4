#include "model/t5/generate.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>

#include "model/t5/layers.hpp"
#include "tensor/kernels.hpp"

namespace lorahub::model::t5 {
namespace {

struct Memory {                 // of one decoder layer, for the rows still being written
  at::Tensor self_k, self_v;    // [B, h, capacity, d_kv]
  at::Tensor cross_k, cross_v;  // [B, h, longest source, d_kv]
};

// Writes the answers of a batch token by token.
class Decoder {
 public:
  Decoder(const AdaptedLinear& model, const tensor::Packing& sources, const at::Tensor& encoded,
          int max_tokens)
      : model_(model), head_(output_head(model, 0)), max_tokens_(max_tokens) {
    rows_.resize(sources.lengths.size());
    std::iota(rows_.begin(), rows_.end(), size_t{0});
    done_.assign(rows_.size(), false);
    const T5Config& config = model.network.config;
    // The last query's distances to all keys; a step takes as many from the end as it has keys.
    bias_ = position_bias(config, model.network.decoder, Direction::causal,
                          {.queries = 1, .keys = max_tokens});
    cross_mask_ = tensor::aligned(padding_mask(sources, encoded), encoded.scalar_type());
    for (const Block& block : model.network.decoder.blocks) {
      Memory memory;
      memory.cross_k = padded(linear(block.cross.k, model.adapter, encoded), sources);
      memory.cross_v = padded(linear(block.cross.v, model.adapter, encoded), sources);
      memory_.push_back(memory);
    }
  }

  std::vector<Ids> answers() {
    std::vector<Ids> all(rows_.size());
    const T5Config& config = model_.network.config;
    Ids last(rows_.size(), config.decoder_start);
    for (int64_t step = 0; step < max_tokens_ && !rows_.empty(); ++step) {
      const Ids next = argmax(step, last);
      std::vector<int64_t> going;
      for (size_t i = 0; i < next.size(); ++i) {
        if (next[i] == config.eos || done_[i]) {
          done_[i] = true;
        } else {
          all[rows_[i]].push_back(next[i]);
          going.push_back(static_cast<int64_t>(i));
        }
      }
      last = next;
      if (going.empty()) break;
      if (2 * going.size() <= next.size()) last = keep(going, next);
    }
    return all;
  }

 private:
  // -inf behind the end of each source: [B, 1, 1, longest].
  static at::Tensor padding_mask(const tensor::Packing& sources, const at::Tensor& encoded) {
    const auto batch = static_cast<int64_t>(sources.lengths.size());
    at::Tensor mask =
        at::zeros({batch, 1, 1, sources.longest}, encoded.options().dtype(at::kFloat));
    for (int64_t i = 0; i < batch; ++i) {
      const int64_t length = sources.lengths[static_cast<size_t>(i)];
      mask[i]
          .narrow(2, length, sources.longest - length)
          .fill_(-std::numeric_limits<double>::infinity());
    }
    return mask;
  }

  // Packed rows [1, rows, h * d_kv] -> [B, h, longest, d_kv], zero behind the end.
  at::Tensor padded(const at::Tensor& packed, const tensor::Packing& sources) const {
    const int64_t heads = model_.network.config.heads;
    const at::Tensor from = tensor::split_heads(packed, heads)[0];  // [h, rows, d_kv]
    at::Tensor out = at::zeros(
        {static_cast<int64_t>(sources.lengths.size()), heads, sources.longest, from.size(2)},
        packed.options());
    for (size_t i = 0; i < sources.lengths.size(); ++i) {
      out[static_cast<int64_t>(i)]
          .narrow(1, 0, sources.lengths[i])
          .copy_(from.narrow(1, sources.offsets[i], sources.lengths[i]));
    }
    return out;
  }

  // Appends k and v [B, h, 1, d_kv] of a step; room doubles when it runs out.
  void remember(Memory& memory, const tensor::Projections& x, int64_t step) const {
    const int64_t room = memory.self_k.defined() ? memory.self_k.size(2) : 0;
    if (step == room) {
      const int64_t more = std::min<int64_t>(std::max<int64_t>(8, 2 * room), max_tokens_);
      const auto grow = [&](const at::Tensor& old, const at::Tensor& like) {
        at::Tensor grown =
            at::empty({like.size(0), like.size(1), more, like.size(3)}, like.options());
        if (room > 0) grown.narrow(2, 0, room).copy_(old);
        return grown;
      };
      memory.self_k = grow(memory.self_k, x.k);
      memory.self_v = grow(memory.self_v, x.v);
    }
    memory.self_k.select(2, step).copy_(x.k.select(2, 0));
    memory.self_v.select(2, step).copy_(x.v.select(2, 0));
  }

  at::Tensor self_attention(const Block& block, Memory& memory, const at::Tensor& x,
                            const at::Tensor& bias) {
    const int64_t keys = bias.size(3);
    const tensor::Projections rows = project(block.self, model_.adapter, x);
    const int64_t heads = model_.network.config.heads;
    const auto one_each = [heads](const at::Tensor& all) {  // [1, B, h * d_kv] -> [B, h, 1, d_kv]
      return all.view({all.size(1), heads, 1, -1});
    };
    remember(memory, {.q = {}, .k = one_each(rows.k), .v = one_each(rows.v)}, keys - 1);
    return tensor::attend(one_each(rows.q), memory.self_k.narrow(2, 0, keys),
                          memory.self_v.narrow(2, 0, keys), bias)
        .reshape(rows.q.sizes());
  }

  Ids argmax(int64_t step, const Ids& last) {
    const Network& n = model_.network;
    const at::ScalarType dtype = n.embedding.scalar_type();
    at::Tensor x = embed(n.decoder_embedding, to_device(n, last));  // [1, B, d]
    const at::Tensor bias =
        tensor::aligned(bias_.narrow(3, bias_.size(3) - step - 1, step + 1), dtype);
    for (size_t i = 0; i < n.decoder.blocks.size(); ++i) {
      const Block& block = n.decoder.blocks[i];
      const at::Tensor own = self_attention(
          block, memory_[i], tensor::rms_norm(x, block.self_norm, n.config.epsilon, dtype), bias);
      x = add_linear(x, block.self.o, model_, own);
      const at::Tensor q = linear(block.cross.q, model_.adapter,
                                  tensor::rms_norm(x, block.cross_norm, n.config.epsilon, dtype));
      const at::Tensor seen = tensor::attend(q.view({q.size(1), n.config.heads, 1, -1}),
                                             memory_[i].cross_k, memory_[i].cross_v, cross_mask_);
      x = add_linear(x, block.cross.o, model_, seen.reshape(q.sizes()));
      x = add_feed_forward(x, block, model_);
    }
    const at::Tensor scores =
        logits(head_, tensor::rms_norm(x, n.decoder.final_norm, n.config.epsilon, at::kFloat)[0]);
    const at::Tensor best = at::argmax(scores, 1).to(at::kCPU);
    const int64_t* ids = best.const_data_ptr<int64_t>();
    return {ids, ids + best.numel()};
  }

  // Goes on with these rows only.
  Ids keep(const std::vector<int64_t>& going, const Ids& next) {
    const at::Tensor index = to_device(model_.network, going);
    cross_mask_ = tensor::aligned(cross_mask_.index_select(0, index), cross_mask_.scalar_type());
    for (Memory& m : memory_) {
      for (at::Tensor* t : {&m.self_k, &m.self_v, &m.cross_k, &m.cross_v}) {
        *t = t->index_select(0, index);
      }
    }
    Ids last;
    std::vector<size_t> rows;
    for (const int64_t i : going) {
      last.push_back(next[static_cast<size_t>(i)]);
      rows.push_back(rows_[static_cast<size_t>(i)]);
    }
    rows_ = rows;
    done_.assign(rows_.size(), false);
    return last;
  }

  const AdaptedLinear& model_;
  OutputHead head_;
  int64_t max_tokens_;
  at::Tensor bias_, cross_mask_;
  std::vector<Memory> memory_;
  std::vector<size_t> rows_;  // answer that each row of the batch writes
  std::vector<bool> done_;
};

}  // namespace

std::vector<Ids> generate(const Network& network, const Adapter& adapter,
                          std::span<const Ids> sources, int max_tokens) {
  assert(adapter.candidates == 1);
  if (sources.empty() || max_tokens <= 0) return std::vector<Ids>(sources.size());
  at::set_num_threads(1);
  tensor::keep_freed_memory();
  const c10::InferenceMode inference;
  size_t longest = 0;
  for (const Ids& source : sources) {
    check_ids(network.config, source, "source");
    longest = std::max(longest, source.size());
  }
  const LayerInput input = pack(network, {sources.begin(), sources.end()},
                                self_bias(network, Direction::both, static_cast<int64_t>(longest)));
  const AdaptedLinear model{.network = network, .adapter = adapter};
  return Decoder(model, input.packing, encode(model, input), max_tokens).answers();
}

}  // namespace lorahub::model::t5
