#include "lora/truncate.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.hpp"

namespace lorahub::lora {

namespace {

// Takes the thin QR of b [out, r] and a^T [in, r], then the SVD of the r x r middle, in f64.
Factors truncated(const Factors& factors, int64_t rank) {
  const auto [q_b, r_b] = at::linalg_qr(factors.b.to(at::kDouble));
  const auto [q_a, r_a] = at::linalg_qr(factors.a.to(at::kDouble).t());
  const auto [u, s, vh] = at::linalg_svd(r_b.matmul(r_a.t()), /*full_matrices=*/false);
  at::Tensor left = q_b.matmul(u);                        // [out, r]
  const at::Tensor largest = left.abs().argmax(0, true);  // [1, r]
  const at::Tensor sign = at::where(left.gather(0, largest) < 0, -1.0, 1.0);
  const at::Tensor root = s.sqrt() * sign;      // [1, r]
  const at::Tensor right = q_a.matmul(vh.t());  // [in, r]
  rank = std::min(rank, s.size(0));             // a layer may be narrower than the ranks' sum
  return {.a = (right * root).narrow(1, 0, rank).t().to(at::kFloat).contiguous(),
          .b = (left * root).narrow(1, 0, rank).to(at::kFloat).contiguous()};
}

bool is_too_wide(const Factors& factors) {
  return factors.a.size(0) > std::min(factors.a.size(1), factors.b.size(0));
}

Factors narrowed(const Factors& factors) {
  if (!is_too_wide(factors)) return factors;
  const int64_t in = factors.a.size(1), out = factors.b.size(0);
  const at::Tensor product = factors.b.to(at::kDouble).matmul(factors.a.to(at::kDouble));
  const at::Tensor whole = product.to(at::kFloat).contiguous();
  const at::Tensor identity = at::eye(std::min(in, out), whole.options());
  return in <= out ? Factors{.a = identity, .b = whole} : Factors{.a = whole, .b = identity};
}

// The rank and the alpha that go with the ranks of its places, of which scaling() stays.
void settle_rank(Module& module, double scaling) {
  module.rank = 0;
  for (const auto& [slot, factors] : module.slots)
    module.rank = std::max(module.rank, factors.a.size(0));
  module.alpha = scaling * static_cast<double>(module.rank);
}

}  // namespace

Module narrowed(const Module& module) {
  Module result = module;
  for (auto& [slot, factors] : result.slots) factors = narrowed(factors);
  if (!result.origin.empty()) result.origin += " narrowed";
  settle_rank(result, module.scaling());
  return result;
}

Module truncate(const Module& module, int64_t rank) {
  base::check(rank >= 1 && rank <= module.rank,
              "module '{}' has rank {} and can't be cut to rank {}, ask for a rank from 1 to {}",
              module.name, module.rank, rank, module.rank);
  Module result{.name = module.name,
                .truncated_from = module.rank,
                .slots = {},
                .own_scaling = module.own_scaling};
  if (!module.origin.empty()) result.origin = base::format("{} cut to {}", module.origin, rank);
  for (const auto& [slot, factors] : module.slots)
    result.slots[slot] = truncated(factors, std::min(rank, factors.a.size(0)));
  settle_rank(result, module.scaling());
  return result;
}

}  // namespace lorahub::lora
