#include "model/reference_pass.hpp"

#include <ATen/ATen.h>

#include "tensor/differentiable.hpp"

namespace lorahub::model {

at::ScalarType ReferencePass::wide() const {
  return stored == at::kDouble ? at::kDouble : at::kFloat;
}

at::Tensor ReferencePass::drop(const at::Tensor& x, double rate) {
  return tensor::drop(x, {.rate = rate, .key = dropout.key, .place = masks++});
}

at::Tensor ReferencePass::times(const at::Tensor& x, const at::Tensor& weight) const {
  return tensor::differentiable::product(x.to(weight.scalar_type()), weight).to(wide());
}

at::Tensor ReferencePass::adapted(const at::Tensor& y, int slot, const at::Tensor& x) {
  if (adapter.slots.empty()) return y;
  const LowRank& low = adapter.slots.at(static_cast<size_t>(slot));
  if (!low.a.defined()) return y;
  at::Tensor z = times(drop(x.to(wide()), dropout.adapter), low.a[0]);
  if (low.scale.defined()) z = z * low.scale[0];
  if (low.routing) z = z * shares(*low.routing, x.to(low.a.scalar_type())).to(wide());
  return y + times(z, low.b[0]);
}

at::Tensor ReferencePass::norm(const at::Tensor& x, const at::Tensor& weight) const {
  return tensor::differentiable::rms_norm(x, weight, epsilon);
}

at::Tensor ReferencePass::input(const at::Tensor& x, const at::Tensor& weight) const {
  return norm(x, weight).to(stored);
}

}  // namespace lorahub::model
