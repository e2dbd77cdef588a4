#include "lora/prune.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "base/text.hpp"
#include "lora/layout.hpp"

namespace lorahub::lora {

at::Tensor keep_largest(const at::Tensor& values, double density) {
  const int64_t size = values.numel();
  const auto kept = static_cast<int64_t>(density * static_cast<double>(size));
  if (kept >= size) return values;
  if (kept == 0) return at::zeros_like(values);
  const at::Tensor magnitude = values.abs().flatten();
  const at::Tensor least = std::get<0>(magnitude.kthvalue(size - kept + 1));
  const at::Tensor above = magnitude > least, equal = magnitude == least;
  const at::Tensor room = kept - above.sum();
  const at::Tensor mask = above.logical_or(equal.logical_and(equal.cumsum(0) <= room));
  return values * mask.view(values.sizes());
}

at::Tensor keep_at_random(const at::Tensor& values, double density, base::Stream stream) {
  if (density >= 1) return values;
  at::Tensor mask = at::empty(values.sizes(), at::kFloat);
  float* const keep = mask.mutable_data_ptr<float>();
  for (int64_t i = 0; i < mask.numel(); ++i) keep[i] = stream.uniform() < density ? 1.0F : 0.0F;
  return values * mask / density;
}

at::Tensor elect_signs(const at::Tensor& modules) {
  const at::Tensor elected = at::where(modules.sum(0) >= 0, 1, -1);
  const at::Tensor agree = modules.sign() == elected;
  return modules * agree / agree.sum(0).clamp_min(1);
}

namespace {

// Which factors of a place, as the streams name them.
enum class Which : char { a = 'a', b = 'b' };

class Preparation {
 public:
  Preparation(const Pool& pool, const study::MixingRule& rule)
      : pool_(pool), rule_(rule), info_(study::info(rule.composition)) {}

  // [N, ..], f32, on the CPU.
  at::Tensor operator()(size_t place, Which which) const {
    const at::Tensor all = (which == Which::a ? pool_.a : pool_.b)[place].cpu();
    std::vector<at::Tensor> modules;
    for (int64_t i = 0; i < all.size(0); ++i)
      modules.push_back(pruned(all[i], place, static_cast<size_t>(i), which));
    at::Tensor kept = at::stack(modules);
    if (info_.elects_signs) kept = elect_signs(kept);
    std::vector<float> roots;
    for (const double scaling : pool_.scalings[place])
      roots.push_back(static_cast<float>(std::sqrt(scaling)));
    return kept * at::tensor(roots).view({-1, 1, 1});
  }

 private:
  at::Tensor pruned(const at::Tensor& values, size_t place, size_t module, Which which) const {
    const double density = rule_.settings.density;
    if (info_.pruning == study::Pruning::none) return values;
    if (info_.pruning == study::Pruning::smallest) return keep_largest(values, density);
    const std::string purpose = base::format("dare/{}/{}/{}", pool_.names[module],
                                             pool_.slots[place], static_cast<char>(which));
    return keep_at_random(values, density, base::Stream(rule_.seed, purpose));
  }

  const Pool& pool_;
  const study::MixingRule& rule_;
  const study::CompositionInfo& info_;
};

std::string prepared_origin(const Pool& pool, const study::MixingRule& rule) {
  if (pool.origin.empty()) return "";
  return base::format("{}|{} {} {}", pool.origin, study::name(rule.composition),
                      rule.settings.density, rule.seed);
}

}  // namespace

Pool prepared(const Pool& pool, const study::MixingRule& rule) {
  Pool result = pool;
  result.origin = prepared_origin(pool, rule);
  const Preparation prepare(pool, rule);
  materialise(result, [&](const Pool& memory) {
    memory.flat.zero_();
    for (size_t place = 0; place < pool.slots.size(); ++place) {
      memory.a[place].copy_(prepare(place, Which::a));
      memory.b[place].copy_(prepare(place, Which::b));
    }
  });
  if (pool.flat.is_cuda()) rebase(result, result.flat.to(at::kCUDA));
  for (size_t place = 0; place < pool.slots.size(); ++place)
    for (size_t i = 0; i < pool.names.size(); ++i)
      result.scalings[place][i] = pool.ranks[place][i] > 0 ? 1 : 0;
  return result;
}

}  // namespace lorahub::lora
