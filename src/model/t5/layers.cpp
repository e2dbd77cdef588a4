#include "model/t5/layers.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <algorithm>

#include "base/check.hpp"
#include "tensor/cpu/few_rows_matmul.hpp"
#include "tensor/kernels.hpp"
#include "tensor/matmul.hpp"

namespace lorahub::model::t5 {
namespace {

int candidates_at_once(const at::Tensor& x, int population) {
  if (!x.is_cpu()) return population;
  return static_cast<int>(std::clamp<int64_t>(kRowsAtOnce / x.size(1), 1, population));
}

// Widens all three to as many candidates as any of them has.
tensor::Projections widened(tensor::Projections all) {
  const int64_t wide = std::max({all.q.size(0), all.k.size(0), all.v.size(0)});
  for (at::Tensor* rows : {&all.q, &all.k, &all.v}) *rows = rows->expand({wide, -1, -1});
  return all;
}

// What the first block computes before an adapter comes in: the same for all candidates.
struct Start {
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

Start start(const Network& n, const at::Tensor& x, const tensor::Products& by) {
  const Block& block = n.encoder.blocks.front();
  const at::Tensor normed =
      tensor::rms_norm(x, block.self_norm, n.config.epsilon, n.embedding.scalar_type());
  return {.x = x, .normed = normed, .qkv = products(block.self, normed, by)};
}

at::Tensor encode_some(const AdaptedLinear& model, const LayerInput& sources, const Start& start) {
  const Network& n = model.network;
  const at::ScalarType dtype = n.embedding.scalar_type();
  const tensor::Sides itself{.targets = sources.packing, .sources = sources.packing};
  at::Tensor x = start.x.clone();
  for (const Block& block : n.encoder.blocks) {
    const bool first = &block == &n.encoder.blocks.front();
    const tensor::Projections qkv =
        first ? adapted(copy(start.qkv), block.self, model.adapter, start.normed)
              : project(block.self, model.adapter,
                        tensor::rms_norm(x, block.self_norm, n.config.epsilon, dtype), model.by);
    const at::Tensor seen = tensor::attend_packed(qkv, itself, sources.bias, n.config.heads);
    x = add_linear(x, block.self.o, model, seen);
    x = add_feed_forward(x, block, model);
  }
  return tensor::rms_norm(x, n.encoder.final_norm, n.config.epsilon, dtype);
}

}  // namespace

at::Tensor add_linear(at::Tensor residual, const tensor::Linear& layer, const AdaptedLinear& model,
                      const at::Tensor& x) {
  if (layer.weight.scalar_type() != at::kFloat)
    return tensor::add_to(std::move(residual), linear(layer, model.adapter, x, model.by));
  if (residual.size(0) < x.size(0)) {
    residual = residual.expand({x.size(0), -1, -1}).contiguous();
  }
  residual = model.by.plus_product(residual, x, layer);
  return add_adapter(residual, x, low_rank(model.adapter, layer.slot));
}

tensor::Projections project(const Attention& layer, const Adapter& adapter, const at::Tensor& x,
                            const tensor::Products& by) {
  return adapted(products(layer, x, by), layer, adapter, x);
}

at::Tensor add_feed_forward(const at::Tensor& residual, const Block& block,
                            const AdaptedLinear& model) {
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
  return add_linear(residual, block.ff.wo, model, hidden);
}

void check_ids(const T5Config& config, const Ids& ids, const char* side) {
  base::check(!ids.empty(), "an example has an empty {} (nothing to compute), leave it out", side);
  for (const int64_t id : ids) {
    base::check(id >= 0 && id < config.vocabulary,
                "token {} of a {} is outside the model's vocabulary of {}, "
                "use the tokenizer that belongs to the model",
                id, side, config.vocabulary);
  }
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

at::Tensor encode(const AdaptedLinear& model, const LayerInput& sources) {
  RECORD_USER_SCOPE("encoder");
  const Network& n = model.network;
  const int population = model.adapter.candidates;
  const Start begun = start(n, embed(n.embedding, sources.ids), model.by);
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

bool adapts_head(const AdaptedLinear& model) {
  return low_rank(model.adapter, model.network.head_slot) != nullptr;
}

OutputHead output_head(const AdaptedLinear& model, int candidate) {
  const Network& n = model.network;
  const at::Tensor weight = tensor::fits_skinny(n.lm_head) ? n.lm_head : n.lm_head.to(at::kFloat);
  OutputHead head{.weight = weight, .scale = n.output_scale, .a = {}, .b = {}};
  const LowRank* low = low_rank(model.adapter, n.head_slot);
  if (low == nullptr) return head;
  const auto of = [candidate](const at::Tensor& all) {
    return all.select(0, all.size(0) == 1 ? 0 : candidate).to(at::kFloat);
  };
  head.a = of(low->a);
  if (low->scale.defined()) head.a = head.a * of(low->scale).unsqueeze(1);
  head.b = of(low->b);
  return head;
}

at::Tensor logits(const OutputHead& head, const at::Tensor& rows) {
  at::Tensor x = rows.to(at::kFloat);
  if (head.scale != 1) x = x * head.scale;
  at::Tensor scores;
  if (tensor::fits_skinny(x, head.weight)) {
    scores = at::zeros({x.size(0), head.weight.size(0)}, x.options());
    tensor::add_skinny(scores, x, head.weight);
  } else {
    scores = at::mm(x, head.weight.to(at::kFloat).t());
  }
  if (head.a.defined()) scores.addmm_(at::mm(x, head.a.t()), head.b.t());
  return scores;
}

}  // namespace lorahub::model::t5
