#include "model/adapter.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace lorahub::model {
namespace {

at::Tensor at_most(const at::Tensor& x, int first, int count) {
  return x.defined() && x.size(0) > 1 ? x.narrow(0, first, count) : x;
}

}  // namespace

Adapter candidates(const Adapter& adapter, int first, int count) {
  Adapter some{.candidates = count, .slots = adapter.slots};
  for (LowRank& low : some.slots) {
    low.a = at_most(low.a, first, count);
    low.b = at_most(low.b, first, count);
    low.scale = at_most(low.scale, first, count);
  }
  return some;
}

// Softmax over all modules, of which those that are not chosen have -inf.
at::Tensor shares(const Routing& routing, const at::Tensor& x) {
  const at::Tensor near = x.matmul(routing.prototypes.t()).abs();  // [.., rows, N]
  const auto [values, places] = near.topk(routing.experts, -1);
  const at::Tensor chosen =
      at::full_like(near, -std::numeric_limits<double>::infinity()).scatter(-1, places, values);
  return at::softmax(chosen / routing.temperature, -1).matmul(routing.columns);
}

Adapter of_rows(const Adapter& of_candidates, int head) {
  Adapter rows{.candidates = 1, .slots = of_candidates.slots};
  const bool alike = low_rank(of_candidates, head) == nullptr &&
                     std::ranges::all_of(rows.slots, [](const LowRank& low) {
                       return !low.a.defined() ||
                              (low.a.size(0) == 1 && low.b.size(0) == 1 && low.scale.defined());
                     });
  if (!alike) return {};
  for (LowRank& low : rows.slots)
    if (low.a.defined()) low.scale = low.scale.unsqueeze(0);
  return rows;
}

Adapter rows_of(const Adapter& adapter, const at::Tensor& which) {
  Adapter some = adapter;
  for (LowRank& low : some.slots)
    if (low.scale.defined() && low.scale.dim() == 3) low.scale = low.scale.index_select(1, which);
  return some;
}

bool differs_by_row(const Adapter& adapter) {
  return std::ranges::any_of(adapter.slots, [](const LowRank& low) {
    return low.scale.defined() && low.scale.dim() == 3;
  });
}

at::Tensor scaled(const at::Tensor& z, const LowRank& low) {
  if (!low.scale.defined()) return z;
  return z * (low.scale.dim() == 3 ? low.scale : low.scale.unsqueeze(1));
}

bool routes(const Adapter& adapter) {
  return std::ranges::any_of(adapter.slots,
                             [](const LowRank& low) { return low.routing != nullptr; });
}

const LowRank* low_rank(const Adapter& adapter, int slot) {
  if (adapter.slots.empty()) return nullptr;
  const LowRank& low = adapter.slots.at(static_cast<size_t>(slot));
  return low.a.defined() ? &low : nullptr;
}

}  // namespace lorahub::model
