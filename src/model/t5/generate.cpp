#include "model/t5/generate.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "model/greedy.hpp"
#include "model/t5/layers.hpp"
#include "tensor/kernels.hpp"

namespace lorahub::model::t5 {
namespace {

struct LayerCache {             // of one decoder layer, for the rows still being written
  at::Tensor self_k, self_v;    // [P * B, h, capacity, d_kv]
  at::Tensor cross_k, cross_v;  // [P * B, h, longest source, d_kv]
};

struct EncodedSources {
  const tensor::Packing& packing;
  const at::Tensor& encoded;  // [P, rows, d]
};

class T5Decoder : public GreedyDecoder {
 public:
  // `model` reads the sources, `writing` adapts the answers.
  T5Decoder(const AdaptedNetwork& model, const Adapter& writing, const EncodedSources& sources,
            const GreedyRules& rules)
      : GreedyDecoder(model.network.head(), writing, sources.packing.lengths.size(), rules),
        network_(model.network) {
    const auto& [packing, encoded] = sources;
    const T5Config& config = model.network.config;
    // The last query's distances to all keys; a step takes as many from the end as it has keys.
    bias_ = position_bias(config, model.network.decoder, Direction::causal,
                          {.queries = 1, .keys = max_tokens()});
    cross_mask_ =
        tensor::aligned(padding_mask(packing, encoded).repeat({adapter().candidates, 1, 1, 1}),
                        encoded.scalar_type());
    for (const Block& block : model.network.decoder.blocks) {
      LayerCache memory;
      memory.cross_k = padded(linear(block.cross.k, model.adapter, encoded), packing);
      memory.cross_v = padded(linear(block.cross.v, model.adapter, encoded), packing);
      memory_.push_back(memory);
    }
  }

 private:
  AdaptedNetwork model() const { return {.network = network_, .adapter = adapter()}; }

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

  // Packed rows [P or 1, rows, h * d_kv] -> [P * B, h, longest, d_kv], zero behind the end.
  at::Tensor padded(const at::Tensor& packed, const tensor::Packing& sources) const {
    const int64_t heads = network_.config.heads;
    const at::Tensor from = tensor::split_heads(packed, heads)  // [P, h, rows, d_kv]
                                .expand({adapter().candidates, -1, -1, -1});
    const auto batch = static_cast<int64_t>(sources.lengths.size());
    at::Tensor out =
        at::zeros({from.size(0), batch, heads, sources.longest, from.size(3)}, packed.options());
    for (int64_t i = 0; i < batch; ++i) {
      const int64_t length = sources.lengths[static_cast<size_t>(i)];
      out.select(1, i)
          .narrow(2, 0, length)
          .copy_(from.narrow(2, sources.offsets[static_cast<size_t>(i)], length));
    }
    return out.flatten(0, 1);
  }

  // Appends k and v [P * B, h, 1, d_kv] of a step; room doubles when it runs out.
  void remember(LayerCache& memory, const tensor::Projections& x, int64_t step) const {
    const int64_t room = memory.self_k.defined() ? memory.self_k.size(2) : 0;
    if (step == room) {
      const int64_t more = std::min<int64_t>(std::max<int64_t>(8, 2 * room), max_tokens());
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

  at::Tensor self_attention(const Block& block, LayerCache& memory, const at::Tensor& x,
                            const at::Tensor& bias) {
    const int64_t keys = bias.size(3);
    const tensor::Projections rows = project(block.self, adapter(), x);
    const int64_t heads = network_.config.heads;
    // [P, B, h * d_kv] -> [P * B, h, 1, d_kv]
    const auto one_each = [heads](const at::Tensor& all) {
      return all.view({all.size(0) * all.size(1), heads, 1, -1});
    };
    remember(memory, {.q = {}, .k = one_each(rows.k), .v = one_each(rows.v)}, keys - 1);
    return tensor::attend(one_each(rows.q), memory.self_k.narrow(2, 0, keys),
                          memory.self_v.narrow(2, 0, keys), bias)
        .reshape(rows.q.sizes());
  }

  at::Tensor hidden(int64_t step, const Ids& last) override {
    const Network& n = network_;
    const at::ScalarType dtype = n.embedding.scalar_type();
    at::Tensor x = embed(n.decoder_embedding, to_device(n, last));
    x = x.view({adapter().candidates, -1, x.size(2)});  // [P, B, d]
    const at::Tensor bias =
        tensor::aligned(bias_.narrow(3, bias_.size(3) - step - 1, step + 1), dtype);
    for (size_t i = 0; i < n.decoder.blocks.size(); ++i) {
      const Block& block = n.decoder.blocks[i];
      const at::Tensor own = self_attention(
          block, memory_[i], tensor::rms_norm(x, block.self_norm, n.config.epsilon, dtype), bias);
      x = add_linear(x, block.self.o, model().adapting(), own);
      const at::Tensor q = linear(block.cross.q, adapter(),
                                  tensor::rms_norm(x, block.cross_norm, n.config.epsilon, dtype));
      const at::Tensor seen = tensor::attend(q.view({q.size(0) * q.size(1), n.config.heads, 1, -1}),
                                             memory_[i].cross_k, memory_[i].cross_v, cross_mask_);
      x = add_linear(x, block.cross.o, model().adapting(), seen.reshape(q.sizes()));
      x = add_feed_forward(x, block, model());
    }
    return tensor::rms_norm(x, n.decoder.final_norm, n.config.epsilon, at::kFloat);
  }

  void keep(const at::Tensor& rows) override {
    cross_mask_ = tensor::aligned(cross_mask_.index_select(0, rows), cross_mask_.scalar_type());
    for (LayerCache& m : memory_) {
      for (at::Tensor* t : {&m.self_k, &m.self_v, &m.cross_k, &m.cross_v}) {
        *t = t->index_select(0, rows);
      }
    }
  }

  const Network& network_;
  at::Tensor bias_, cross_mask_;
  std::vector<LayerCache> memory_;
};

// The source of each packed row: [rows].
at::Tensor source_of(const Network& network, std::span<const Ids> sources) {
  Ids all;
  for (size_t i = 0; i < sources.size(); ++i)
    all.insert(all.end(), sources[i].size(), static_cast<int64_t>(i));
  return to_device(network, all);
}

std::vector<Ids> write(const AdaptedNetwork& model, std::span<const Ids> sources,
                       const GreedyRules& rules) {
  const auto& [network, adapter, by] = model;
  if (sources.empty() || rules.limit.max_tokens <= 0)
    return std::vector<Ids>(static_cast<size_t>(adapter.candidates) * sources.size());
  at::set_num_threads(1);
  tensor::keep_freed_memory();
  const c10::InferenceMode inference;
  size_t longest = 0;
  for (const Ids& source : sources) {
    check_ids(source, network.config.vocabulary, "source");
    longest = std::max(longest, source.size());
  }
  const LayerInput input = pack(network, {sources.begin(), sources.end()},
                                self_bias(network, Direction::both, static_cast<int64_t>(longest)));
  const bool by_row = differs_by_row(adapter);
  const Adapter of_tokens = by_row ? rows_of(adapter, source_of(network, sources)) : adapter;
  const AdaptedNetwork reading{.network = network, .adapter = of_tokens, .by = by};
  const at::Tensor encoded = encode(reading, input);
  return T5Decoder(reading, adapter, {.packing = input.packing, .encoded = encoded}, rules)
      .answers(network.config.decoder_start);
}

}  // namespace

std::vector<Ids> generate(const Network& network, const Adapter& adapter,
                          std::span<const Ids> sources, const AnswerLimit& limit) {
  assert(adapter.candidates == 1);
  return write({.network = network, .adapter = adapter}, sources,
               {.limit = limit, .ends = {network.config.eos}});
}

std::vector<Ids> generate_each(const Network& network, const Adapter& adapter,
                               std::span<const Ids> sources, const AnswerLimit& limit) {
  return write({.network = network, .adapter = adapter}, sources,
               {.limit = limit, .ends = {network.config.eos}, .leaves = Leaves::candidates});
}

}  // namespace lorahub::model::t5
