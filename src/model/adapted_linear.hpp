// A linear layer with the low-rank additions of an adapter: what every family of models computes
// alike. Rows [P, rows, features]: P candidates side by side, adapters unmerged. Rows that are
// still the same for all candidates have a first dimension of 1.
#pragma once
#include "model/adapter.hpp"
#include "tensor/matmul.hpp"

namespace lorahub::model {

// Returns y + (x a^T * scale) b^T; y [1, rows, out] is widened to P when the adapter has P
// candidates.
at::Tensor add_adapter(at::Tensor y, const at::Tensor& x, const LowRank* low);

at::Tensor linear(const tensor::Linear& layer, const Adapter& adapter, const at::Tensor& x,
                  const tensor::Products& by = tensor::exact());

// What the linear layers of one pass are computed with.
struct Adapting {
  const Adapter& adapter;
  const tensor::Products& by = tensor::exact();
};

// residual + linear(x), f32. Writes into `residual` where its shape allows.
at::Tensor add_linear(at::Tensor residual, const tensor::Linear& layer, const Adapting& adapting,
                      const at::Tensor& x);

// Rows computed together on a CPU: activations stay in the cache, and a small model still fills a
// kernel. A GPU takes all that there are.
inline constexpr int64_t kRowsAtOnce = 1280;
// How many of `population` candidates are computed together on rows x [1, rows, ..].
int candidates_at_once(const at::Tensor& x, int population);

}  // namespace lorahub::model
