#include "tensor/packed_attention.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <optional>

#include "tensor/cpu/attention_kernel.hpp"

namespace lorahub::tensor {

Packing pack(const std::vector<int64_t>& lengths) {
  Packing packing;
  packing.lengths = lengths;
  for (const int64_t length : lengths) {
    packing.offsets.push_back(packing.rows);
    packing.rows += length;
    packing.longest = std::max(packing.longest, length);
  }
  return packing;
}

at::Tensor aligned(const at::Tensor& bias, at::ScalarType dtype) {
  if (bias.is_cpu()) return bias;
  constexpr int64_t kStride = 8;
  std::vector<int64_t> sizes = bias.sizes().vec();
  const int64_t keys = sizes.back();
  sizes.back() = (keys + kStride - 1) / kStride * kStride;
  return at::empty(sizes, bias.options().dtype(dtype)).narrow(-1, 0, keys).copy_(bias);
}

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const at::Tensor& bias) {
  assert(!bias.defined() || q.is_cpu() || bias.scalar_type() == q.scalar_type());
  std::optional<at::Tensor> mask;
  if (bias.defined()) {
    mask = bias.expand({bias.size(0), q.size(1), q.size(2), k.size(2)});
  }
  return at::scaled_dot_product_attention(q, k, v, mask, /*dropout_p=*/0.0, /*is_causal=*/false,
                                          /*scale=*/1.0);
}

at::Tensor split_heads(const at::Tensor& rows, int64_t heads) {
  return rows.view({rows.size(0), rows.size(1), heads, -1}).transpose(1, 2);
}

at::Tensor join_heads(const at::Tensor& heads) {
  return heads.transpose(1, 2).reshape({heads.size(0), heads.size(2), -1});
}

namespace {

// Attends by LibTorch's kernels, on views of the heads.
at::Tensor attend_views(const Projections& x, const Sides& sides, const at::Tensor& bias,
                        int64_t heads) {
  const auto& [queries, keys] = sides;
  at::Tensor out = at::empty(x.q.sizes(), x.q.options());
  for (size_t i = 0; i < queries.lengths.size(); ++i) {
    const int64_t rows = queries.lengths[i], columns = keys.lengths[i];
    const auto part = [heads](const at::Tensor& all, int64_t from, int64_t length) {
      const at::Tensor some = all.narrow(1, from, length);
      return some.unflatten(2, {heads, -1}).transpose(1, 2);
    };
    const at::Tensor k = part(x.k, keys.offsets[i], columns);
    const at::Tensor v = part(x.v, keys.offsets[i], columns);
    const at::Tensor corner =
        bias.defined() ? bias.narrow(2, 0, rows).narrow(3, 0, columns) : at::Tensor();
    part(out, queries.offsets[i], rows)
        .copy_(attend(part(x.q, queries.offsets[i], rows), k, v, corner));
  }
  return out;
}

// Whether projections and bias lie in memory row behind row, as attend_heads() takes them; their
// type may differ.
bool are_rows(const Projections& x, const at::Tensor& bias, int64_t heads) {
  const auto plain = [](const at::Tensor& t) {
    const bool known = t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16;
    return t.is_cpu() && known && t.stride(-1) == 1;
  };
  const auto dense = [&](const at::Tensor& t) { return plain(t) && t.stride(1) == t.size(2); };
  return fits_heads(x.q.size(2) / heads) && dense(x.q) && dense(x.k) && dense(x.v) &&
         (!bias.defined() || plain(bias));
}

at::Tensor attend_rows(const Projections& x, const Sides& sides, const at::Tensor& bias,
                       int64_t count) {
  const int64_t stride = x.q.size(2);
  const AttentionHeads heads{.count = count, .width = stride / count, .stride = stride};
  const Bias added = bias.defined() ? Bias{.values = bias.const_data_ptr<float>(),
                                           .head = bias.stride(1),
                                           .row = bias.stride(2)}
                                    : Bias{};
  at::Tensor out = at::empty(x.q.sizes(), x.q.options());
  Workspace workspace;
  for (int64_t p = 0; p < x.q.size(0); ++p) {
    const auto row = [&](const at::Tensor& t, int64_t place) {
      return t.const_data_ptr<float>() + p * t.stride(0) + place * stride;
    };
    for (size_t i = 0; i < sides.targets.lengths.size(); ++i) {
      const int64_t query = sides.targets.offsets[i], key = sides.sources.offsets[i];
      attend_heads(heads,
                   {.q = row(x.q, query),
                    .k = row(x.k, key),
                    .v = row(x.v, key),
                    .out = out.mutable_data_ptr<float>() + p * out.stride(0) + query * stride,
                    .queries = sides.targets.lengths[i],
                    .keys = sides.sources.lengths[i]},
                   added, workspace);
    }
  }
  return out;
}

bool fits_rows(const at::Tensor& t) {
  return t.is_cpu() && (t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16);
}

// Which keys each of the last `queries` of `keys` rows does not see: [queries, keys], bool.
at::Tensor hidden_keys(int64_t queries, int64_t keys, int64_t window, at::Device device) {
  const at::Tensor all = at::ones({queries, keys}, at::TensorOptions(device).dtype(at::kBool));
  const at::Tensor later = all.triu(keys - queries + 1);
  return window > 0 ? later.logical_or(all.tril(keys - queries - window)) : later;
}

// Attends by LibTorch's kernels.
at::Tensor attend_causal_views(const Projections& x, const Sides& sides, const CausalHeads& heads) {
  const at::ScalarType type = x.v.scalar_type();
  at::Tensor out = at::empty(x.q.sizes(), x.v.options());
  const auto part = [type](const at::Tensor& all, int64_t count, int64_t from, int64_t length) {
    return all.narrow(1, from, length).to(type).unflatten(2, {count, -1}).transpose(1, 2);
  };
  for (size_t i = 0; i < sides.targets.lengths.size(); ++i) {
    const int64_t query = sides.targets.offsets[i], queries = sides.targets.lengths[i];
    const int64_t key = sides.sources.offsets[i], keys = sides.sources.lengths[i];
    const at::Tensor bias =
        at::zeros({1, 1, queries, keys}, x.v.options().dtype(at::kFloat))
            .masked_fill_(hidden_keys(queries, keys, heads.window, x.q.device()),
                          -std::numeric_limits<double>::infinity());
    const auto repeated = [&](const at::Tensor& all) {
      return part(all, heads.groups, key, keys).repeat_interleave(heads.count / heads.groups, 1);
    };
    part(out, heads.count, query, queries)
        .copy_(attend(part(x.q, heads.count, query, queries), repeated(x.k), repeated(x.v),
                      aligned(bias, type)));
  }
  return out;
}

at::Tensor attend_causal_rows(const Projections& x, const Sides& sides, const CausalHeads& heads) {
  const GroupedHeads grouped{.count = heads.count,
                             .groups = heads.groups,
                             .width = x.q.size(2) / heads.count,
                             .window = heads.window};
  const int64_t q_stride = x.q.size(2), k_stride = x.k.size(2);
  at::Tensor out = at::empty(x.q.sizes(), x.q.options());
  Workspace workspace;
  for (int64_t p = 0; p < x.q.size(0); ++p) {
    const auto row = [&](const at::Tensor& t, int64_t place, int64_t stride) {
      return t.const_data_ptr<float>() + p * t.stride(0) + place * stride;
    };
    for (size_t i = 0; i < sides.targets.lengths.size(); ++i) {
      const int64_t query = sides.targets.offsets[i], key = sides.sources.offsets[i];
      attend_causal_heads(
          grouped,
          {.q = row(x.q, query, q_stride),
           .k = row(x.k, key, k_stride),
           .v = row(x.v, key, k_stride),
           .out = out.mutable_data_ptr<float>() + (p * out.size(1) + query) * q_stride,
           .queries = sides.targets.lengths[i],
           .keys = sides.sources.lengths[i]},
          workspace);
    }
  }
  return out;
}

}  // namespace

at::Tensor attend_causal(const Projections& x, const Sides& sides, const CausalHeads& heads) {
  RECORD_USER_SCOPE("attention");
  if (!fits_rows(x.v) || !fits_heads(x.q.size(2) / heads.count))
    return attend_causal_views(x, sides, heads);
  const auto wide = [](const at::Tensor& t) {  // what is the same for all candidates stays so
    const at::Tensor rows = t.to(at::kFloat);
    return rows.stride(2) == 1 && rows.stride(1) == rows.size(2) ? rows : rows.contiguous();
  };
  return attend_causal_rows({.q = wide(x.q), .k = wide(x.k), .v = wide(x.v)}, sides, heads)
      .to(x.v.scalar_type());
}

at::Tensor attend_packed(const Projections& x, const Sides& sides, const at::Tensor& bias,
                         int64_t heads) {
  RECORD_USER_SCOPE("attention");
  if (!are_rows(x, bias, heads)) return attend_views(x, sides, bias, heads);
  const auto wide = [](const at::Tensor& t) { return t.to(at::kFloat); };
  return attend_rows({.q = wide(x.q), .k = wide(x.k), .v = wide(x.v)}, sides, bias, heads)
      .to(x.q.scalar_type());
}

}  // namespace lorahub::tensor
