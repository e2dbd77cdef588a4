// AdamW (Loshchilov and Hutter 2019) step for step as torch.optim.AdamW, clipping as
// torch.nn.utils.clip_grad_norm_, schedules as transformers'.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "train/trainable.hpp"

namespace lorahub::train {

struct AdamW {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;  // of every parameter
};

struct Moments {
  int64_t steps = 0;
  TensorList first, second;  // zeros before the first step
};
Moments no_moments(const Trainable& trainable);

// Moves the parameters and the moments by one step of learning rate `rate`. Elementwise: the
// bits do not depend on the threads. Never interrupted half-way.
struct Step {
  const AdamW& rule;
  double rate;
  std::vector<double> factors = {};  // of the rate, by parameter; empty: 1 each
  int threads = 1;
};
void step(Trainable& trainable, Moments& moments, const TensorList& gradients, const Step& by);

// A part of parameters' names ("q", "lora_B", "shared") and the factor of their learning rate.
using RateFactor = std::pair<std::string, double>;

// The factor of each parameter: the product of those whose part is between dots in its name. Error
// for a part that no name has.
std::vector<double> rate_factors(const Trainable& trainable, const std::vector<RateFactor>& given);

// Returns the norm of all gradients together, and scales them down to `most` where it is above (0:
// never).
double clip(TensorList& gradients, double most);

enum class Schedule { linear, constant };  // behind the warm-up: to 0 at `steps`, or level

struct Rate {
  double peak = 0;
  Schedule schedule = Schedule::linear;
  int64_t warmup = 0, steps = 0;
  int64_t hold = 0;  // steps behind the warm-up at the peak, before a linear schedule falls
};
double rate_at(const Rate& rate, int64_t step);  // step from 0

}  // namespace lorahub::train
