// The loss of a trial's weights, from what was recorded of its shots.
#pragma once
#include <span>

#include "study/trial.hpp"

namespace lorahub::objective {

// The loss of `weights` by the trial's own rule, from cross entropies and target tokens of its
// shots, [K]. NaN where it depends on more: on answers, on a program, on points around the weights,
// on a precision whose numbers were computed again, on a backward pass in bf16.
double recorded_loss(const study::Trial& trial, std::span<const double> weights,
                     std::span<const double> sums, std::span<const int> tokens);

}  // namespace lorahub::objective
