#include "model/t5/cross.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <algorithm>

namespace lorahub::model::t5 {
namespace {

// [1 or P, rows, cols] -> [P, rows, cols]
at::Tensor widen(const at::Tensor& x, int64_t population) { return x.expand({population, -1, -1}); }

// One weight [h * d_kv, n] for each head, for a batch of P x h: [P * h, d_kv, n].
at::Tensor per_head(const at::Tensor& rows, const Cross& c, int64_t population) {
  return rows.expand({population, -1, -1})
      .reshape({population * c.heads, rows.size(1) / c.heads, rows.size(2)});
}

// q_h (Wk_h + b_h a) for all heads: [P, h, rows, d].
at::Tensor absorb_keys(const Cross& c, const at::Tensor& q) {
  const int64_t population = q.size(0), rows = q.size(1), d = c.encoded.size(2);
  const at::Tensor heads = tensor::split_heads(q, c.heads);  // [P, h, rows, d_kv]
  const at::Tensor by_head = heads.permute({1, 0, 2, 3}).reshape({c.heads, population * rows, -1});
  at::Tensor out = at::bmm(by_head, c.layer.k.weight.view({c.heads, -1, d}))
                       .view({c.heads, population, rows, d})
                       .transpose(0, 1);
  const LowRank* low = low_rank(c.adapter, c.layer.k.slot);
  if (low == nullptr) return out;
  const at::Tensor flat = heads.reshape({population * c.heads, rows, -1});
  at::Tensor z = at::bmm(flat, per_head(low->b, c, population));  // [P * h, rows, r]
  z = z.view({population, c.heads * rows, -1});
  if (low->scale.defined()) z = z * low->scale.unsqueeze(1);
  return out + at::bmm(z, widen(low->a, population)).view({population, c.heads, rows, d});
}

// u_h (Wv_h + b_h a)^T for u [P, h, rows, d]: [P, rows, h * d_kv].
at::Tensor absorb_values(const Cross& c, const at::Tensor& u) {
  const int64_t population = u.size(0), rows = u.size(2), d = u.size(3);
  const at::Tensor by_head = u.transpose(0, 1).reshape({c.heads, population * rows, d});
  at::Tensor out = at::bmm(by_head, c.layer.v.weight.view({c.heads, -1, d}).transpose(1, 2))
                       .view({c.heads, population, rows, -1})
                       .transpose(0, 1);  // [P, h, rows, d_kv]
  if (const LowRank* low = low_rank(c.adapter, c.layer.v.slot)) {
    at::Tensor z = at::bmm(u.reshape({population, c.heads * rows, d}),
                           widen(low->a, population).transpose(1, 2));
    if (low->scale.defined()) z = z * low->scale.unsqueeze(1);
    const at::Tensor bt = per_head(low->b, c, population).transpose(1, 2);  // [P * h, r, d_kv]
    out = out + at::bmm(z.view({population * c.heads, rows, -1}), bt).view(out.sizes());
  }
  return tensor::join_heads(out);
}

}  // namespace

bool short_targets(const T5Config& config, const tensor::Sides& sides) {
  double projected = 0, absorbed = 0;  // multiply-adds a layer / (2 d)
  for (size_t i = 0; i < sides.targets.lengths.size(); ++i) {
    const auto t = static_cast<double>(sides.targets.lengths[i]);
    const auto s = static_cast<double>(sides.sources.lengths[i]);
    projected += s * static_cast<double>(config.inner());
    absorbed += t * static_cast<double>(config.inner()) + t * s * static_cast<double>(config.heads);
  }
  return absorbed < 0.5 * projected;
}

at::Tensor cross_projected(const Cross& c, const at::Tensor& x) {
  RECORD_USER_SCOPE("cross-attention");
  const at::Tensor q = linear(c.layer.q, c.adapter, x, c.by);
  const at::Tensor k = linear(c.layer.k, c.adapter, c.encoded);
  const at::Tensor v = linear(c.layer.v, c.adapter, c.encoded);
  const int64_t wide = std::max(q.size(0), k.size(0));
  const tensor::Projections all{.q = widen(q, wide), .k = widen(k, wide), .v = widen(v, wide)};
  return tensor::attend_packed(all, c.sides, {}, c.heads);
}

at::Tensor cross_absorbed(const Cross& c, const at::Tensor& x) {
  RECORD_USER_SCOPE("cross-attention");
  const int64_t population = c.encoded.size(0), d = c.encoded.size(2);
  const at::Tensor q = widen(linear(c.layer.q, c.adapter, x, c.by), population).contiguous();
  const at::Tensor asked = absorb_keys(c, q);  // [P, h, rows, d]
  at::Tensor seen = at::empty(asked.sizes(), asked.options());
  for (size_t i = 0; i < c.sides.targets.lengths.size(); ++i) {
    const int64_t from = c.sides.targets.offsets[i], rows = c.sides.targets.lengths[i];
    const at::Tensor e =
        c.encoded.narrow(1, c.sides.sources.offsets[i], c.sides.sources.lengths[i]);
    const at::Tensor queries = asked.narrow(2, from, rows).reshape({population, c.heads * rows, d});
    const at::Tensor weights = at::softmax(at::bmm(queries, e.transpose(1, 2)), -1);
    seen.narrow(2, from, rows).copy_(at::bmm(weights, e).view({population, c.heads, rows, d}));
  }
  return absorb_values(c, seen);
}

}  // namespace lorahub::model::t5
