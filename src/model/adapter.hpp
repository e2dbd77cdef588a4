// Low-rank additions to the linear layers of a network, for one candidate or for many side by side.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace lorahub::model {

// Which of the modules that lie side by side a token takes part of (Arrow, Ostapenko et al. 2024):
// the `experts` whose prototype has the largest |prototype . x|, by a softmax of these over the
// `temperature`.
struct Routing {
  at::Tensor prototypes;  // [N, in], compute dtype: what each module reads most of an input
  at::Tensor columns;     // [N, r], compute dtype: 1 where the column is of the row's module
  int64_t experts = 1;
  double temperature = 1;
};
// The share of each column for each token of x [.., rows, in]: [.., rows, r].
at::Tensor shares(const Routing& routing, const at::Tensor& x);

// Low-rank additions for P candidates: y += (x a^T [* scale]) b^T. Undefined tensors: no addition
// at that slot.
struct LowRank {
  at::Tensor a;      // [P or 1, r, in], compute dtype
  at::Tensor b;      // [P or 1, out, r], compute dtype; alpha/r is in it (or in scale)
  at::Tensor scale;  // [P, r], or undefined: product composition shares a and b between candidates.
                     // Or [1, B, r]: one for each row of a batch (of_rows)
  std::shared_ptr<const Routing> routing = nullptr;  // of each token; null: all terms for all
};
struct Adapter {
  int candidates = 1;          // P
  std::vector<LowRank> slots;  // by slot, or empty: the base model
};

// The additions of `count` candidates from the `first` on.
Adapter candidates(const Adapter& adapter, int first, int count);

// Makes P candidates into one candidate for a batch of P rows, with scales [1, P, r]: row i has the
// scales of candidate i, so that the first candidate is for the first prompt of Model::generate,
// and so on. This needs candidates that differ in their scales alone, and leave the slot `head` as
// it is, since the head adds the same to all rows. An empty adapter where they do not.
Adapter of_rows(const Adapter& of_candidates, int head);
// The adapter with the scales of those rows that `which` lists, in this order; [rows], int64, on
// the device. An adapter without scales of rows stays as it is.
Adapter rows_of(const Adapter& adapter, const at::Tensor& which);
bool differs_by_row(const Adapter& adapter);  // it has scales of rows

// `z` [.., rows, r] times the scale; z itself where there is none.
at::Tensor scaled(const at::Tensor& z, const LowRank& low);

const LowRank* low_rank(const Adapter& adapter, int slot);  // nullptr: not adapted

bool routes(const Adapter& adapter);  // some layer has a routing

}  // namespace lorahub::model
