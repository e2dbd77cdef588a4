#include <ATen/ATen.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "base/check.hpp"
#include "lora/pool.hpp"

namespace lorahub::lora {

namespace {

// [P, N], f32 on the pool's device.
at::Tensor weight_matrix(const Pool& pool, std::span<const double> weights) {
  const size_t n = pool.names.size();
  assert(n > 0 && weights.size() % n == 0);
  for (size_t i = 0; i < weights.size(); ++i)
    base::check(std::isfinite(static_cast<float>(weights[i])),
                "weight of module '{}' in candidate {} is {} (a mixture needs finite f32 weights), "
                "correct the weights",
                pool.names[i % n], i / n, weights[i]);
  const at::Tensor matrix =
      at::empty({static_cast<int64_t>(weights.size() / n), static_cast<int64_t>(n)}, at::kFloat);
  std::transform(weights.begin(), weights.end(), matrix.mutable_data_ptr<float>(),
                 [](double w) { return static_cast<float>(w); });
  return matrix.to(pool.a.front().device());
}

void check_equal(const Pool& pool) {
  for (size_t i = 1; i < pool.names.size(); ++i) {
    base::check(pool.ranks[i] == pool.ranks[0],
                "composition factor: module '{}' has rank {} and module '{}' rank {} (their "
                "factors can't be added), use composition product or modules of one rank",
                pool.names[0], pool.ranks[0], pool.names[i], pool.ranks[i]);
    base::check(pool.scalings[i] == pool.scalings[0],
                "composition factor: module '{}' has alpha/r {} and module '{}' {} (one mixture "
                "has one alpha/r), use composition product or modules with equal alpha/r",
                pool.names[0], pool.scalings[0], pool.names[i], pool.scalings[i]);
  }
}

// Equal ranks: [N, r, in] -> [1, N r, in] and [N, out, r] -> [1, out, N r].
Factors side_by_side(const Pool& pool, size_t place) {
  const at::Tensor &a = pool.a[place], &b = pool.b[place];
  if (a.dim() == 2) return {.a = a.unsqueeze(0), .b = b.unsqueeze(0)};
  return {.a = a.reshape({1, -1, a.size(2)}),
          .b = b.permute({1, 0, 2}).reshape({1, b.size(1), -1})};
}

// [N, sum r]: alpha/r of the row's module in the columns that are its own.
at::Tensor spread(const Pool& pool) {
  const int64_t columns = std::accumulate(pool.ranks.begin(), pool.ranks.end(), int64_t{0});
  at::Tensor matrix = at::zeros({pool.size(), columns}, at::kFloat);
  int64_t first = 0;
  for (size_t i = 0; i < pool.names.size(); ++i) {
    matrix.select(0, static_cast<int64_t>(i))
        .narrow(0, first, pool.ranks[i])
        .fill_(pool.scalings[i]);
    first += pool.ranks[i];
  }
  return matrix.to(pool.a.front().device());
}

}  // namespace

Composer::Composer(const Pool& pool, study::Composition composition, at::ScalarType dtype)
    : pool_(pool), composition_(composition), dtype_(dtype) {
  if (composition == study::Composition::factor) {
    check_equal(pool);
    return;
  }
  spread_ = spread(pool);
  for (size_t place = 0; place < pool.slots.size(); ++place) {
    const Factors both = side_by_side(pool, place);
    shared_.push_back({.a = both.a.to(dtype).contiguous(), .b = both.b.to(dtype).contiguous()});
  }
}

t5::Adapter Composer::operator()(std::span<const double> weights) const {
  return (*this)(weight_matrix(pool_, weights));
}

t5::Adapter Composer::operator()(const at::Tensor& weights) const {
  return composition_ == study::Composition::factor ? factor(weights) : product(weights);
}

// [P, N] x [N, D], then alpha/r into the b half; the adapter's tensors are views of the result.
t5::Adapter Composer::factor(const at::Tensor& weights) const {
  at::Tensor mixed = weights.matmul(pool_.flat);  // [P, D]
  const int64_t a_end = pool_.b.front().storage_offset() - pool_.flat.storage_offset();
  mixed.narrow(1, a_end, mixed.size(1) - a_end).mul_(pool_.scalings.front());
  std::vector<int64_t> sizes;
  for (const auto* half : {&pool_.a, &pool_.b})
    for (const at::Tensor& all : *half) sizes.push_back(all.size(1) * all.size(2));
  const std::vector<at::Tensor> parts = mixed.to(dtype_).split_with_sizes(sizes, 1);
  const int64_t p = mixed.size(0);
  t5::Adapter adapter{.candidates = static_cast<int>(p), .slots = {}};
  adapter.slots.resize(static_cast<size_t>(pool_.slot_count));
  const size_t places = pool_.slots.size();
  for (size_t place = 0; place < places; ++place) {
    const at::Tensor &a = pool_.a[place], &b = pool_.b[place];
    adapter.slots[static_cast<size_t>(pool_.slots[place])] = {
        .a = parts[place].view({p, a.size(1), a.size(2)}),
        .b = parts[places + place].view({p, b.size(1), b.size(2)}),
        .scale = {}};
  }
  return adapter;
}

t5::Adapter Composer::product(const at::Tensor& weights) const {
  const at::Tensor scale = weights.matmul(spread_).to(dtype_);  // [P, sum r]: one term a column
  t5::Adapter adapter{.candidates = static_cast<int>(weights.size(0)), .slots = {}};
  adapter.slots.resize(static_cast<size_t>(pool_.slot_count));
  for (size_t place = 0; place < pool_.slots.size(); ++place)
    adapter.slots[static_cast<size_t>(pool_.slots[place])] = {
        .a = shared_[place].a, .b = shared_[place].b, .scale = scale};
  return adapter;
}

t5::Adapter compose(const Pool& pool, std::span<const double> weights,
                    study::Composition composition, at::ScalarType dtype) {
  return Composer(pool, composition, dtype)(weights);
}

Module composed_module(const Pool& pool, std::span<const double> weights,
                       study::Composition composition) {
  assert(weights.size() == pool.names.size());
  const t5::Adapter adapter = compose(pool, weights, composition, at::kFloat);
  const bool factor = composition == study::Composition::factor;
  Module module{.name = "composed", .rank = 0, .alpha = 0, .slots = {}};
  const double scaling = factor ? pool.scalings.front() : 1.0;  // of PEFT; the rest is in b
  for (const int slot : pool.slots) {
    const t5::LowRank& mixed = adapter.slots[static_cast<size_t>(slot)];
    const at::Tensor b = factor ? mixed.b / scaling : mixed.b * mixed.scale.unsqueeze(1);
    module.slots[slot] = {.a = mixed.a.squeeze(0).cpu().contiguous(),
                          .b = b.squeeze(0).cpu().contiguous()};
    module.rank = mixed.a.size(1);
  }
  module.alpha = scaling * static_cast<double>(module.rank);
  return module;
}

}  // namespace lorahub::lora
