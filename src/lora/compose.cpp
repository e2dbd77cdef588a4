#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "base/check.hpp"
#include "lora/pool.hpp"
#include "tensor/shared_tensor.hpp"

namespace lorahub::lora {

namespace {

// The first module that has the place.
size_t first_at(const Pool& pool, size_t place) {
  const std::vector<int64_t>& ranks = pool.ranks[place];
  const auto found = std::ranges::find_if(ranks, [](int64_t r) { return r > 0; });
  return static_cast<size_t>(found - ranks.begin());
}
double shared_scaling(const Pool& pool, size_t place) {
  return pool.scalings[place][first_at(pool, place)];
}

// At each place, the modules that have it need one rank and one scaling.
void check_equal(const Pool& pool) {
  for (size_t place = 0; place < pool.slots.size(); ++place) {
    const std::vector<int64_t>& ranks = pool.ranks[place];
    const std::vector<double>& scalings = pool.scalings[place];
    const size_t first = first_at(pool, place);
    for (size_t i = first + 1; i < ranks.size(); ++i) {
      if (ranks[i] == 0) continue;
      base::check(ranks[i] == ranks[first],
                  "composition factor: module '{}' has rank {} and module '{}' rank {} (their "
                  "factors can't be added), use composition product or modules of one rank",
                  pool.names[first], ranks[first], pool.names[i], ranks[i]);
      base::check(scalings[i] == scalings[first],
                  "composition factor: module '{}' has alpha/r {} and module '{}' {} (one mixture "
                  "has one alpha/r), use composition product or modules with equal alpha/r",
                  pool.names[first], scalings[first], pool.names[i], scalings[i]);
    }
  }
}

// The columns of a tensor [.., D] at the places that `view` has in pool.flat.
at::Tensor columns(const at::Tensor& rows, const Pool& pool, const at::Tensor& view) {
  return rows.narrow(-1, view.storage_offset() - pool.flat.storage_offset(),
                     view.size(1) * view.size(2));
}

at::Tensor scales(const Pool& pool) {
  at::Tensor all = at::ones(pool.flat.size(1), pool.flat.options());
  for (size_t place = 0; place < pool.slots.size(); ++place)
    columns(all, pool, pool.b[place]).fill_(shared_scaling(pool, place));
  return all;
}

// Equal ranks: [N, r, in] -> [1, N r, in] and [N, out, r] -> [1, out, N r].
Factors side_by_side(const Pool& pool, size_t place) {
  const at::Tensor &a = pool.a[place], &b = pool.b[place];
  if (a.dim() == 2) return {.a = a.unsqueeze(0), .b = b.unsqueeze(0)};
  return {.a = a.reshape({1, -1, a.size(2)}),
          .b = b.permute({1, 0, 2}).reshape({1, b.size(1), -1})};
}

// The factors of all places, which lie one after the other in `flat`.
std::vector<Factors> views(const Pool& pool, const at::Tensor& flat) {
  std::vector<Factors> all;
  int64_t begin = 0;
  const auto view = [&](at::IntArrayRef sizes) {
    const at::Tensor part = flat.narrow(0, begin, sizes[1] * sizes[2]);
    begin += part.numel();
    return part.view(sizes);
  };
  for (size_t place = 0; place < pool.slots.size(); ++place) {
    const at::Tensor &a = pool.a[place], &b = pool.b[place];
    const int64_t columns = a.numel() / a.size(-1), out = b.size(-2);
    const at::Tensor left = view({1, columns, a.size(-1)});
    all.push_back({.a = left, .b = view({1, out, columns})});
  }
  return all;
}

// The factors that all candidates of a product composition share, in the compute dtype; on the CPU
// the ranks of a node share one block.
std::vector<Factors> all_side_by_side(const Pool& pool, at::ScalarType dtype) {
  const std::string origin =
      pool.origin.empty() ? ""
                          : base::format("{}|side by side, {}", pool.origin, at::toString(dtype));
  const int64_t total = pool.flat.numel();
  const auto fill = [&](const at::Tensor& memory) {
    const std::vector<Factors> parts = views(pool, memory);
    for (size_t place = 0; place < parts.size(); ++place) {
      const Factors both = side_by_side(pool, place);
      parts[place].a.copy_(both.a);
      parts[place].b.copy_(both.b);
    }
    return parts;
  };
  if (pool.flat.is_cuda()) return fill(at::empty({total}, pool.flat.options().dtype(dtype)));
  return views(pool, tensor::shared_tensor(origin, {.type = dtype, .sizes = total}, fill));
}

// Columns of each module in what side_by_side() puts together: zero factors keep theirs.
std::vector<int64_t> widths(const Pool& pool, size_t place) {
  if (pool.a[place].dim() == 2) return pool.ranks[place];
  return std::vector<int64_t>(pool.names.size(), pool.a[place].size(1));
}

// [N, sum r]: alpha/r of the row's module in the columns that are its own.
at::Tensor spread(const Pool& pool, size_t place) {
  const std::vector<int64_t> columns = widths(pool, place);
  at::Tensor matrix = at::zeros(
      {pool.size(), std::accumulate(columns.begin(), columns.end(), int64_t{0})}, at::kFloat);
  int64_t first = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    matrix.select(0, static_cast<int64_t>(i))
        .narrow(0, first, columns[i])
        .fill_(pool.scalings[place][i]);
    first += columns[i];
  }
  return matrix.to(pool.a.front().device());
}

// Columns of side_by_side() that belong to modules that have the place.
at::Tensor present_columns(const Pool& pool, size_t place) {
  std::vector<int64_t> columns;
  int64_t first = 0;
  const std::vector<int64_t> all = widths(pool, place);
  for (size_t i = 0; i < all.size(); first += all[i++])
    for (int64_t c = 0; pool.ranks[place][i] > 0 && c < all[i]; ++c) columns.push_back(first + c);
  return at::tensor(columns, at::kLong);
}

}  // namespace

Composer::Composer(const Pool& pool, study::Composition composition, at::ScalarType dtype)
    : pool_(pool), composition_(composition), dtype_(dtype) {
  if (composition == study::Composition::factor) {
    check_equal(pool);
    scales_ = scales(pool);
    return;
  }
  std::map<std::pair<std::vector<double>, std::vector<int64_t>>, size_t> seen;
  for (size_t place = 0; place < pool.slots.size(); ++place) {
    const auto [known, is_new] =
        seen.emplace(std::pair(pool.scalings[place], widths(pool, place)), spreads_.size());
    if (is_new) spreads_.push_back(spread(pool, place));
    spread_of_.push_back(known->second);
  }
  shared_ = all_side_by_side(pool, dtype);
}

at::Tensor Composer::matrix(std::span<const double> weights) const {
  const size_t n = pool_.names.size();
  assert(n > 0 && weights.size() % n == 0);
  for (size_t i = 0; i < weights.size(); ++i)
    base::check(std::isfinite(static_cast<float>(weights[i])),
                "weight of module '{}' in candidate {} is {} (a mixture needs finite f32 weights), "
                "correct the weights",
                pool_.names[i % n], i / n, weights[i]);
  at::Tensor matrix =
      at::empty({static_cast<int64_t>(weights.size() / n), static_cast<int64_t>(n)}, at::kFloat);
  std::transform(weights.begin(), weights.end(), matrix.mutable_data_ptr<float>(),
                 [](double w) { return static_cast<float>(w); });
  return matrix;
}

model::Adapter Composer::operator()(std::span<const double> weights) const {
  return (*this)(matrix(weights).to(pool_.a.front().device()));
}

model::Adapter Composer::operator()(const at::Tensor& weights) const {
  RECORD_USER_SCOPE("composition");
  return composition_ == study::Composition::factor ? factor(weights) : product(weights);
}

// [P, N] x [N, D], then alpha/r into b; the adapter's tensors are views of the result.
model::Adapter Composer::factor(const at::Tensor& weights) const {
  const at::Tensor mixed = weights.matmul(pool_.flat).mul_(scales_).to(dtype_);  // [P, D]
  const int64_t p = mixed.size(0);
  const auto part = [&](const at::Tensor& all) {
    return columns(mixed, pool_, all).view({p, all.size(1), all.size(2)});
  };
  model::Adapter adapter{.candidates = static_cast<int>(p), .slots = {}};
  adapter.slots.resize(static_cast<size_t>(pool_.slot_count));
  for (size_t place = 0; place < pool_.slots.size(); ++place)
    adapter.slots[static_cast<size_t>(pool_.slots[place])] = {
        .a = part(pool_.a[place]), .b = part(pool_.b[place]), .scale = {}};
  return adapter;
}

model::Adapter Composer::product(const at::Tensor& weights) const {
  std::vector<at::Tensor> scales;  // [P, sum r]: one term a column
  for (const at::Tensor& one : spreads_) scales.push_back(weights.matmul(one).to(dtype_));
  model::Adapter adapter{.candidates = static_cast<int>(weights.size(0)), .slots = {}};
  adapter.slots.resize(static_cast<size_t>(pool_.slot_count));
  for (size_t place = 0; place < pool_.slots.size(); ++place)
    adapter.slots[static_cast<size_t>(pool_.slots[place])] = {
        .a = shared_[place].a, .b = shared_[place].b, .scale = scales[spread_of_[place]]};
  return adapter;
}

model::Adapter compose(const Pool& pool, std::span<const double> weights,
                       study::Composition composition, at::ScalarType dtype) {
  return Composer(pool, composition, dtype)(weights);
}

Module composed_module(const Pool& pool, std::span<const double> weights,
                       study::Composition composition) {
  assert(weights.size() == pool.names.size());
  const model::Adapter adapter = compose(pool, weights, composition, at::kFloat);
  const bool factor = composition == study::Composition::factor;
  Module module{.name = "composed", .slots = {}};
  std::map<int, double> scalings;  // of PEFT; the rest is in b
  for (size_t place = 0; place < pool.slots.size(); ++place) {
    const int slot = pool.slots[place];
    const model::LowRank& mixed = adapter.slots[static_cast<size_t>(slot)];
    scalings[slot] = factor ? shared_scaling(pool, place) : 1.0;
    at::Tensor a = mixed.a.squeeze(0).cpu();
    at::Tensor b =
        (factor ? mixed.b / scalings[slot] : mixed.b * mixed.scale.unsqueeze(1)).squeeze(0).cpu();
    if (!factor) {
      const at::Tensor columns = present_columns(pool, place);
      if (columns.size(0) < a.size(0)) {
        a = a.index_select(0, columns);
        b = b.index_select(1, columns);
      }
    }
    module.slots[slot] = {.a = a.contiguous(), .b = b.contiguous()};
    module.rank = std::max(module.rank, a.size(0));
  }
  const double usual = scalings.begin()->second;
  module.alpha = usual * static_cast<double>(module.rank);
  for (const auto& [slot, scaling] : scalings)
    if (scaling != usual) module.own_scaling[slot] = scaling;
  return module;
}

}  // namespace lorahub::lora
