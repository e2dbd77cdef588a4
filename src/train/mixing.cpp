#include "train/mixing.hpp"

#include <ATen/ATen.h>

#include <cassert>

namespace lorahub::train {

Mixing::Mixing(const ModelPointer& base, const MixtureTraining& mixture)
    : what_(train::mixture(base, mixture,
                           std::vector<double>(static_cast<size_t>(mixture.pool.size())))) {}

Mixing::Slope Mixing::slope(std::span<const double> weights,
                            std::span<const model::Tokens> pairs) const {
  Trainable here = what_;
  at::Tensor& value = here.parameters[0].value;
  assert(static_cast<size_t>(value.numel()) == weights.size());
  value = at::tensor(at::ArrayRef<double>(weights.data(), weights.size()), at::kDouble)
              .to(value.options())
              .view(value.sizes());
  const Gradients found = gradients(here, pairs, {}, 1);
  const at::Tensor by_weights = found.of_mean[0].to(at::kCPU, at::kDouble).contiguous();
  const double* first = by_weights.const_data_ptr<double>();
  return {.loss = found.loss_sum / static_cast<double>(found.tokens),
          .gradient = {first, first + by_weights.numel()}};
}

}  // namespace lorahub::train
