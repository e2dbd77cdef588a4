// What the plain forward passes of all families share: one candidate's adapter, dropout, and the
// type that sums are kept in. Differentiable throughout.
#pragma once
#include <cassert>
#include <cstdint>

#include "model/adapter.hpp"
#include "tensor/dropout.hpp"

namespace lorahub::model {

// f32 between the matrices (f64 for a network in f64), whatever type the matrices have.
struct ReferencePass {
  const Adapter& adapter;  // of one candidate
  const tensor::Dropout& dropout;
  at::ScalarType stored;  // of the matrices
  double epsilon = 0;     // of the norms
  uint32_t masks = 0;     // of dropout, drawn so far

  at::ScalarType wide() const;  // of what is between the matrices
  // Dropout at this rate. Each call has a mask of its own, numbered in the order of the calls.
  at::Tensor drop(const at::Tensor& x, double rate);
  at::Tensor times(const at::Tensor& x, const at::Tensor& weight) const;  // x W^T
  // y + B A x where the adapter has factors for the layer of this slot, else y.
  at::Tensor adapted(const at::Tensor& y, int slot, const at::Tensor& x);
  at::Tensor norm(const at::Tensor& x, const at::Tensor& weight) const;
  // What the matrices of a sub-layer read: the norm, rounded once to their type.
  at::Tensor input(const at::Tensor& x, const at::Tensor& weight) const;
};

// The pass of a family: a ReferencePass, and the network that it goes through.
template <class Pass, class Network>
Pass pass_through(const Network& network, const Adapter& adapter, const tensor::Dropout& dropout) {
  assert(adapter.candidates == 1);
  return {{.adapter = adapter,
           .dropout = dropout,
           .stored = network.embedding.scalar_type(),
           .epsilon = network.config.epsilon},
          network};
}

}  // namespace lorahub::model
