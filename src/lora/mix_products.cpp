#include <ATen/ATen.h>

#include <map>
#include <utility>

#include "base/check.hpp"
#include "lora/mixer.hpp"
#include "lora/modules_side_by_side.hpp"
#include "tensor/shared_tensor.hpp"

namespace lorahub::lora {
namespace {

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

// The direction of an input that BA lengthens most: its first right singular vector [in], f64.
at::Tensor prototype(const Factors& factors) {
  const auto [q_b, r_b] = at::linalg_qr(factors.b.to(at::kDouble));
  const auto [q_a, r_a] = at::linalg_qr(factors.a.to(at::kDouble).t());
  const auto [u, s, vh] = at::linalg_svd(r_b.matmul(r_a.t()), /*full_matrices=*/false);
  return q_a.matmul(vh[0]);
}

void check_routes(const Pool& pool, const study::MixingRule& rule) {
  base::check(rule.settings.experts <= pool.size(),
              "composition arrow: a token cannot take part of {} modules (there are {}), lower "
              "composition.experts (--experts), or give more modules",
              rule.settings.experts, pool.size());
  for (const std::vector<int64_t>& ranks : pool.ranks)
    for (size_t i = 1; i < ranks.size(); ++i)
      base::check(ranks[i] == ranks[0],
                  "composition arrow: modules '{}' and '{}' differ in rank or in the layers that "
                  "they adapt (PEFT's router takes modules of one shape), use composition product",
                  pool.names[0], pool.names[i]);
}

model::Routing routing_of(const Pool& pool, size_t place, const study::CompositionSettings& how) {
  std::vector<at::Tensor> prototypes;
  for (int module = 0; module < pool.size(); ++module)
    prototypes.push_back(prototype(factors(pool, module, static_cast<int>(place))));
  return {.prototypes = at::stack(prototypes),
          .columns = spread(pool, place, std::vector<double>(pool.names.size(), 1)),
          .experts = how.experts,
          .temperature = how.temperature};
}

class ProductMixer : public Mixer {
 public:
  ProductMixer(const Pool& pool, const study::MixingRule& rule, at::ScalarType dtype)
      : pool_(pool), dtype_(dtype), shared_(all_side_by_side(pool, dtype)) {
    std::map<std::pair<std::vector<double>, std::vector<int64_t>>, size_t> seen;
    for (size_t place = 0; place < pool.slots.size(); ++place) {
      const std::vector<double>& scalings = pool.scalings[place];
      const auto [known, is_new] =
          seen.emplace(std::pair(scalings, widths(pool, place)), spreads_.size());
      if (is_new) spreads_.push_back(spread(pool, place, scalings));
      spread_of_.push_back(known->second);
    }
    routings_.resize(pool.slots.size());
    if (study::info(rule.composition).mixes == study::Mixes::routed) route(rule);
  }

  model::Adapter operator()(const at::Tensor& weights) const override {
    std::vector<at::Tensor> scales;  // [P, sum r]: one term a column
    for (const at::Tensor& one : spreads_) scales.push_back(weights.matmul(one).to(dtype_));
    model::Adapter adapter{.candidates = static_cast<int>(weights.size(0)), .slots = {}};
    adapter.slots.resize(static_cast<size_t>(pool_.slot_count));
    for (size_t place = 0; place < pool_.slots.size(); ++place)
      adapter.slots[static_cast<size_t>(pool_.slots[place])] = {.a = shared_[place].a,
                                                                .b = shared_[place].b,
                                                                .scale = scales[spread_of_[place]],
                                                                .routing = routings_[place]};
    return adapter;
  }

 private:
  void route(const study::MixingRule& rule) {
    check_routes(pool_, rule);
    for (size_t place = 0; place < pool_.slots.size(); ++place) {
      model::Routing routing = routing_of(pool_, place, rule.settings);
      routing.prototypes = routing.prototypes.to(dtype_);
      routing.columns = routing.columns.to(dtype_);
      routings_[place] = std::make_shared<const model::Routing>(std::move(routing));
    }
  }

  const Pool& pool_;
  at::ScalarType dtype_;
  std::vector<Factors> shared_;      // by place: a [1, sum r, in], b [1, out, sum r], compute dtype
  std::vector<at::Tensor> spreads_;  // [N, sum r], alpha/r where the column is of the row's module;
                                     // one for all places with the same
  std::vector<size_t> spread_of_;    // by place
  std::vector<std::shared_ptr<const model::Routing>> routings_;  // by place; null where none
};

}  // namespace

std::unique_ptr<const Mixer> mix_products(const Pool& pool, const study::MixingRule& rule,
                                          at::ScalarType dtype) {
  return std::make_unique<ProductMixer>(pool, rule, dtype);
}

}  // namespace lorahub::lora
