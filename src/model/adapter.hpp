// Low-rank additions to the linear layers of a network, for one candidate or for many side by side.
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

namespace lorahub::model {

// Low-rank additions for P candidates: y += (x a^T [* scale]) b^T. Undefined tensors: no addition
// at that slot.
struct LowRank {
  at::Tensor a;      // [P or 1, r, in], compute dtype
  at::Tensor b;      // [P or 1, out, r], compute dtype; alpha/r is in it (or in scale)
  at::Tensor scale;  // [P, r], or undefined: product composition shares a and b between candidates
};
struct Adapter {
  int candidates = 1;          // P
  std::vector<LowRank> slots;  // by slot, or empty: the base model
};

// The additions of `count` candidates from the `first` on.
Adapter candidates(const Adapter& adapter, int first, int count);

const LowRank* low_rank(const Adapter& adapter, int slot);  // nullptr: not adapted

}  // namespace lorahub::model
