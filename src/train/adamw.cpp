#include "train/adamw.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <set>
#include <system_error>
#include <thread>

#include "base/check.hpp"
#include "tensor/cuda/gpu.hpp"

namespace lorahub::train {

Moments no_moments(const Trainable& trainable) {
  Moments moments;
  for (const Parameter& parameter : trainable.parameters) {
    moments.first.push_back(at::zeros_like(parameter.value));
    moments.second.push_back(at::zeros_like(parameter.value));
  }
  return moments;
}

namespace {

constexpr int64_t kWorthThreads = 1 << 20;  // values

// Calls work(0), ..., work(count - 1) to the end, whatever signal is pending.
void all(int threads, size_t count, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  const auto take = [&] {
    at::set_num_threads(1);
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> others;
  try {
    for (int i = 1; i < threads; ++i) others.emplace_back(tensor::on_this_stream(take));
  } catch (const std::system_error&) {  // the system gives no more: those there are do the work
  }
  take();
}

}  // namespace

void step(Trainable& trainable, Moments& moments, const TensorList& gradients, const Step& by) {
  const auto t = static_cast<double>(++moments.steps);
  const double correction1 = 1 - std::pow(by.rule.beta1, t),
               correction2 = 1 - std::pow(by.rule.beta2, t);
  int64_t size = 0;
  for (const at::Tensor& g : gradients) size += g.numel();
  all(size < kWorthThreads ? 1 : by.threads, gradients.size(), [&](size_t i) {
    at::Tensor value = trainable.parameters[i].value;
    const at::Tensor& g = gradients[i];
    const double rate = by.factors.empty() ? by.rate : by.rate * by.factors[i];
    value.mul_(1 - rate * by.rule.weight_decay);
    moments.first[i].lerp_(g, 1 - by.rule.beta1);
    moments.second[i].mul_(by.rule.beta2).addcmul_(g, g, 1 - by.rule.beta2);
    const at::Tensor length =
        (moments.second[i].sqrt() / std::sqrt(correction2)).add_(by.rule.epsilon);
    value.addcdiv_(moments.first[i], length, -rate / correction1);
  });
}

std::vector<double> rate_factors(const Trainable& trainable, const std::vector<RateFactor>& given) {
  std::vector<double> factors(trainable.parameters.size(), 1);
  std::set<std::string> parts;
  for (const Parameter& parameter : trainable.parameters)
    for (const std::string& part : base::split(parameter.name, '.')) parts.insert(part);
  for (const auto& [wanted, factor] : given) {
    const std::vector<std::string> all(parts.begin(), parts.end());
    base::check(parts.contains(wanted),
                "lr_factors: no parameter has '{}' in its name (there are: {}){}", wanted,
                base::join(all, ", "), base::did_you_mean(wanted, all));
    for (size_t i = 0; i < factors.size(); ++i) {
      const auto name = base::split(trainable.parameters[i].name, '.');
      if (std::ranges::count(name, wanted) > 0) factors[i] *= factor;
    }
  }
  return factors;
}

double clip(TensorList& gradients, double most) {
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
  const auto steps = static_cast<double>(rate.steps);
  const double falls = warm + static_cast<double>(rate.hold);
  return rate.peak * std::clamp((steps - at) / std::max(1.0, steps - falls), 0.0, 1.0);
}

}  // namespace lorahub::train
