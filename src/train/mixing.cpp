#include "train/mixing.hpp"

#include <ATen/ATen.h>

namespace lorahub::train {
namespace {

std::vector<double> doubles(const at::Tensor& tensor) {
  const at::Tensor wide = tensor.to(at::kCPU, at::kDouble).contiguous();
  return {wide.const_data_ptr<double>(), wide.const_data_ptr<double>() + wide.numel()};
}

}  // namespace

Mixing::Mixing(const ModelPointer& base, const MixtureTraining& mixture,
               std::span<const double> start)
    : what_(train::mixture(base, mixture, start)), moments_(no_moments(what_)) {}

std::vector<double> Mixing::weights() const { return doubles(what_.parameters[0].value); }

void Mixing::set(const std::vector<double>& weights) {
  at::Tensor value = what_.parameters[0].value;
  value.copy_(at::tensor(weights, at::kDouble).view(value.sizes()));
}

Mixing::Slope Mixing::slope(std::span<const model::Tokens> pairs, int threads) const {
  const Gradients found = gradients(what_, pairs, {}, threads);
  return {.loss = found.loss_sum / static_cast<double>(found.tokens),
          .gradient = doubles(found.of_mean[0])};
}

void Mixing::step(const std::vector<double>& gradient, double rate, double bound) {
  at::Tensor value = what_.parameters[0].value;
  const at::Tensor g = at::tensor(gradient, at::kDouble).to(value.options()).view(value.sizes());
  const AdamW adam;
  train::step(what_, moments_, {g}, {.rule = adam, .rate = rate});
  value.clamp_(-bound, bound);
}

}  // namespace lorahub::train
