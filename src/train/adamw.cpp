#include "train/adamw.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

namespace lorahub::train {

Moments no_moments(const Trainable& trainable) {
  Moments moments;
  for (const Parameter& parameter : trainable.parameters) {
    moments.first.push_back(at::zeros_like(parameter.value));
    moments.second.push_back(at::zeros_like(parameter.value));
  }
  return moments;
}

void step(Trainable& trainable, Moments& moments, const Tensors& gradients, const Step& by) {
  const auto t = static_cast<double>(++moments.steps);
  const double rate = by.rate, correction1 = 1 - std::pow(by.rule.beta1, t),
               correction2 = 1 - std::pow(by.rule.beta2, t);
  at::set_num_threads(by.threads);
  for (size_t i = 0; i < gradients.size(); ++i) {
    at::Tensor value = trainable.parameters[i].value;
    const at::Tensor& g = gradients[i];
    value.mul_(1 - rate * by.rule.weight_decay);
    moments.first[i].lerp_(g, 1 - by.rule.beta1);
    moments.second[i].mul_(by.rule.beta2).addcmul_(g, g, 1 - by.rule.beta2);
    const at::Tensor length =
        (moments.second[i].sqrt() / std::sqrt(correction2)).add_(by.rule.epsilon);
    value.addcdiv_(moments.first[i], length, -rate / correction1);
  }
  at::set_num_threads(1);
}

double clip(Tensors& gradients, double most) {
  double square = 0;
  for (const at::Tensor& g : gradients) square += g.square().sum(at::kDouble).item<double>();
  const double norm = std::sqrt(square);
  const double factor = most / (norm + 1e-6);
  if (most > 0 && factor < 1)
    for (at::Tensor& g : gradients) g.mul_(factor);
  return norm;
}

double rate_at(const Rate& rate, int64_t step) {
  const auto at = static_cast<double>(step), warm = static_cast<double>(rate.warmup);
  if (step < rate.warmup) return rate.peak * at / warm;
  if (rate.schedule == Schedule::constant) return rate.peak;
  const double left = static_cast<double>(rate.steps) - at;
  return rate.peak * std::max(0.0, left / std::max(1.0, static_cast<double>(rate.steps) - warm));
}

}  // namespace lorahub::train
