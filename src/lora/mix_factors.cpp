#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.hpp"
#include "lora/mixer.hpp"
#include "lora/prune.hpp"

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

// At each place, the modules that have it need one rank and, but for PEFT's compositions, one
// scaling.
void check_equal(const Pool& pool, study::Composition composition) {
  const std::string& word = study::name(composition);
  const bool any_scaling = study::info(composition).as_in_peft;
  for (size_t place = 0; place < pool.slots.size(); ++place) {
    const std::vector<int64_t>& ranks = pool.ranks[place];
    const std::vector<double>& scalings = pool.scalings[place];
    const size_t first = first_at(pool, place);
    for (size_t i = first + 1; i < ranks.size(); ++i) {
      if (ranks[i] == 0) continue;
      base::check(ranks[i] == ranks[first],
                  "composition {}: module '{}' has rank {} and module '{}' rank {} (their "
                  "factors can't be added), use composition product or modules of one rank",
                  word, pool.names[first], ranks[first], pool.names[i], ranks[i]);
      base::check(any_scaling || scalings[i] == scalings[first],
                  "composition {}: module '{}' has alpha/r {} and module '{}' {} (one mixture "
                  "has one alpha/r), use composition product or modules with equal alpha/r",
                  word, pool.names[first], scalings[first], pool.names[i], scalings[i]);
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

// The range of a row of pool.flat in which all these views lie.
struct FlatRange {
  int64_t begin = INT64_MAX, end = 0;
};
FlatRange range_of(const std::vector<at::Tensor>& views, const Pool& pool) {
  FlatRange range;
  for (const at::Tensor& view : views) {
    const int64_t begin = view.storage_offset() - pool.flat.storage_offset();
    range.begin = std::min(range.begin, begin);
    range.end = std::max(range.end, begin + view.size(1) * view.size(2));
  }
  return range;
}

// Takes the adapter's tensors as views of the mixed rows [P, D], of which each of the two may have
// its own range alone.
struct Mixed {
  at::Tensor a, b;
  FlatRange of_a, of_b;
};
model::Adapter adapter_of(const Pool& pool, const Mixed& mixed) {
  const int64_t p = mixed.a.size(0);
  const auto part = [&](const at::Tensor& rows, const FlatRange& range, const at::Tensor& view) {
    const int64_t begin = view.storage_offset() - pool.flat.storage_offset() - range.begin;
    return rows.narrow(1, begin, view.size(1) * view.size(2)).view({p, view.size(1), view.size(2)});
  };
  model::Adapter adapter{.candidates = static_cast<int>(p), .slots = {}};
  adapter.slots.resize(static_cast<size_t>(pool.slot_count));
  for (size_t place = 0; place < pool.slots.size(); ++place)
    adapter.slots[static_cast<size_t>(pool.slots[place])] = {
        .a = part(mixed.a, mixed.of_a, pool.a[place]),
        .b = part(mixed.b, mixed.of_b, pool.b[place]),
        .scale = {}};
  return adapter;
}

// LoraHub's: A and B are mixed by the same weights.
class OfficialFactors : public Mixer {
 public:
  OfficialFactors(const Pool& pool, at::ScalarType dtype)
      : pool_(pool), dtype_(dtype), scales_(scales(pool)) {}

  // [P, N] x [N, D], then alpha/r into b.
  model::Adapter operator()(const at::Tensor& weights) const override {
    const at::Tensor mixed = weights.matmul(pool_.flat).mul_(scales_).to(dtype_);
    const FlatRange all{.begin = 0, .end = mixed.size(1)};
    return adapter_of(pool_, {.a = mixed, .b = mixed, .of_a = all, .of_b = all});
  }
  double scaling(size_t place) const override { return shared_scaling(pool_, place); }

 private:
  const Pool& pool_;
  at::ScalarType dtype_;
  at::Tensor scales_;  // [D], alpha/r where flat holds b, else 1
};

// PEFT's: A is mixed by sign(w) sqrt|w|, B by sqrt|w|; sqrt(alpha/r) is in the pool.
class RootFactors : public Mixer {
 public:
  RootFactors(const Pool& pool, const study::MixingRule& rule, at::ScalarType dtype)
      : pool_(prepared(pool, rule)),
        dtype_(dtype),
        of_a_(range_of(pool_.a, pool_)),
        of_b_(range_of(pool_.b, pool_)) {}

  model::Adapter operator()(const at::Tensor& weights) const override {
    const at::Tensor roots = weights.abs().sqrt();
    const auto mixed = [&](const at::Tensor& by, const FlatRange& range) {
      return by.matmul(pool_.flat.narrow(1, range.begin, range.end - range.begin)).to(dtype_);
    };
    return adapter_of(pool_, {.a = mixed(roots * weights.sign(), of_a_),
                              .b = mixed(roots, of_b_),
                              .of_a = of_a_,
                              .of_b = of_b_});
  }

 private:
  const Pool pool_;
  at::ScalarType dtype_;
  FlatRange of_a_, of_b_;
};

}  // namespace

std::unique_ptr<const Mixer> mix_factors(const Pool& pool, const study::MixingRule& rule,
                                         at::ScalarType dtype) {
  check_equal(pool, rule.composition);
  if (study::info(rule.composition).as_in_peft)
    return std::make_unique<RootFactors>(pool, rule, dtype);
  return std::make_unique<OfficialFactors>(pool, dtype);
}

}  // namespace lorahub::lora
