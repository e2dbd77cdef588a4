#include "model/adapter.hpp"

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

const LowRank* low_rank(const Adapter& adapter, int slot) {
  if (adapter.slots.empty()) return nullptr;
  const LowRank& low = adapter.slots.at(static_cast<size_t>(slot));
  return low.a.defined() ? &low : nullptr;
}

}  // namespace lorahub::model
