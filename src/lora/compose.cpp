#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

#include "base/check.hpp"
#include "lora/mixer.hpp"
#include "lora/modules_side_by_side.hpp"
#include "lora/pool.hpp"

namespace lorahub::lora {

namespace {

std::unique_ptr<const Mixer> mixer(const Pool& pool, const study::MixingRule& rule,
                                   at::ScalarType dtype) {
  switch (study::info(rule.composition).mixes) {
    case study::Mixes::factors:
      return mix_factors(pool, rule, dtype);
    case study::Mixes::cut:
      return mix_cut(pool, rule, dtype);
    case study::Mixes::products:
    case study::Mixes::routed:
      break;
  }
  return mix_products(pool, rule, dtype);
}

}  // namespace

Composer::Composer(const Pool& pool, const study::MixingRule& rule, at::ScalarType dtype)
    : pool_(pool), mixer_(mixer(pool, rule, dtype)) {}

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
  return (*mixer_)(weights);
}

double Composer::scaling(size_t place) const { return mixer_->scaling(place); }

model::Adapter compose(const Pool& pool, std::span<const double> weights,
                       const study::MixingRule& rule, at::ScalarType dtype) {
  return Composer(pool, rule, dtype)(weights);
}

Module composed_module(const Pool& pool, std::span<const double> weights,
                       const study::MixingRule& rule) {
  assert(weights.size() == pool.names.size());
  base::check(study::info(rule.composition).mixes != study::Mixes::routed,
              "a mixture by composition {} can't be written as an adapter (which modules act "
              "depends on the token), answer by `lorahub infer --library`, or use composition "
              "product",
              study::name(rule.composition));
  const Composer composer(pool, rule, at::kFloat);
  const model::Adapter adapter = composer(weights);
  Module module{.name = "composed", .slots = {}};
  std::map<int, double> scalings;  // of PEFT; the rest is in b
  for (size_t place = 0; place < pool.slots.size(); ++place) {
    const int slot = pool.slots[place];
    const model::LowRank& mixed = adapter.slots[static_cast<size_t>(slot)];
    const bool stacked = mixed.scale.defined();
    scalings[slot] = composer.scaling(place);
    at::Tensor a = mixed.a.squeeze(0).cpu();
    at::Tensor b =
        (stacked ? mixed.b * mixed.scale.unsqueeze(1) : mixed.b / scalings[slot]).squeeze(0).cpu();
    if (stacked) {
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
