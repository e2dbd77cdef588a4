// The methods of a study: how each chooses the weights with which the test rows are answered. One
// file each.
#pragma once
#include "run/choice.hpp"
#include "run/context.hpp"

namespace lorahub::run {

Choice base_model(const Context& context);  // zero_shot, icl
Choice uniform(const Context& context);
Choice best_single(const Context& context);
Choice searched(const Context& context);  // lorahub, random_lora
Choice trained(const Context& context);   // lora_tuning, ia3, full, gradient (training.hpp)

using ChooseWeights = Choice (*)(const Context&);

// The one place that maps a method to its function.
inline ChooseWeights method(study::Method method) {
  using enum study::Method;
  switch (method) {
    case zero_shot:
    case icl:
      return base_model;
    case uniform:
      return run::uniform;
    case best_single:
      return run::best_single;
    case lorahub:
    case random_lora:
      return searched;
    case lora_tuning:
    case ia3:
    case full:
    case gradient:
      break;
  }
  return trained;
}

}  // namespace lorahub::run
