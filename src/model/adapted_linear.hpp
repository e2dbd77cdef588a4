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

}  // namespace lorahub::model
