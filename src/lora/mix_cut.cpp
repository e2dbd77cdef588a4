#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.hpp"
#include "lora/mixer.hpp"
#include "lora/modules_side_by_side.hpp"

namespace lorahub::lora {
namespace {

int64_t largest_rank(const Pool& pool) {
  int64_t largest = 0;
  for (const std::vector<int64_t>& ranks : pool.ranks)
    largest = std::max(largest, *std::ranges::max_element(ranks));
  return largest;
}

// The sum of the products is b diag(scale) a; with b = Qb Rb and a^T = Qa Ra its singular values
// are those of the small middle Rb diag(scale) Ra^T. In f64.
class CutMixer : public Mixer {
 public:
  CutMixer(const Pool& pool, const study::MixingRule& rule, at::ScalarType dtype)
      : pool_(pool),
        dtype_(dtype),
        rank_(rule.settings.rank > 0 ? rule.settings.rank : largest_rank(pool)) {
    base::check(pool.flat.is_cpu(),
                "composition svd is computed by a CPU (each candidate has a decomposition of its "
                "own at each layer), use composition product, and --rank for what is written");
    for (size_t place = 0; place < pool.slots.size(); ++place) {
      const Factors all = side_by_side(pool, place);
      const auto [q_a, r_a] = at::linalg_qr(all.a[0].to(at::kDouble).t());
      const auto [q_b, r_b] = at::linalg_qr(all.b[0].to(at::kDouble));
      places_.push_back({.outer = {.a = q_a.t(), .b = q_b},
                         .inner = {.a = r_a.t(), .b = r_b},
                         .spread = spread(pool, place, pool.scalings[place]).to(at::kDouble)});
    }
  }

  model::Adapter operator()(const at::Tensor& weights) const override {
    model::Adapter adapter{.candidates = static_cast<int>(weights.size(0)), .slots = {}};
    adapter.slots.resize(static_cast<size_t>(pool_.slot_count));
    for (size_t place = 0; place < places_.size(); ++place)
      adapter.slots[static_cast<size_t>(pool_.slots[place])] =
          cut(places_[place], weights.to(at::kDouble));
    return adapter;
  }

 private:
  struct Place {
    Factors outer;      // a [ka, in], b [out, kb], orthonormal
    Factors inner;      // a [sum r, ka], b [kb, sum r]
    at::Tensor spread;  // [N, sum r]
  };

  model::LowRank cut(const Place& place, const at::Tensor& weights) const {
    const at::Tensor scale = weights.matmul(place.spread).unsqueeze(1);  // [P, 1, sum r]
    const at::Tensor middle = (place.inner.b * scale).matmul(place.inner.a);
    const auto [u, s, vh] = at::linalg_svd(middle, /*full_matrices=*/false);
    const int64_t rank = std::min(rank_, s.size(1));
    const at::Tensor left = u.narrow(2, 0, rank) * s.narrow(1, 0, rank).unsqueeze(1);
    return {.a = vh.narrow(1, 0, rank).matmul(place.outer.a).to(dtype_),
            .b = place.outer.b.matmul(left).to(dtype_),
            .scale = {}};
  }

  const Pool& pool_;
  at::ScalarType dtype_;
  int64_t rank_;
  std::vector<Place> places_;
};

}  // namespace

std::unique_ptr<const Mixer> mix_cut(const Pool& pool, const study::MixingRule& rule,
                                     at::ScalarType dtype) {
  return std::make_unique<CutMixer>(pool, rule, dtype);
}

}  // namespace lorahub::lora
