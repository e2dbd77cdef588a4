// The methods of a study: how each chooses the weights with which the test rows are answered. One
// file each.
#pragma once
#include "run/lead/method_result.hpp"
#include "run/lead/trial_evaluator.hpp"

namespace lorahub::run {

MethodResult base_model(TrialEvaluator& evaluator);  // zero_shot, icl
MethodResult uniform(TrialEvaluator& evaluator);
MethodResult best_single(TrialEvaluator& evaluator);
MethodResult searched(TrialEvaluator& evaluator);  // lorahub, random_lora
MethodResult gradient(TrialEvaluator& evaluator);
MethodResult weighed_inputs(TrialEvaluator& evaluator);  // logo, retriever
MethodResult trained(TrialEvaluator& evaluator);  // lora_tuning, ia3, full (run/rank/training.hpp)

using ChooseWeights = MethodResult (*)(TrialEvaluator&);
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
    case study::Method::gradient:
      return run::gradient;
    case logo:
    case retriever:
      return weighed_inputs;
    case lora_tuning:
    case ia3:
    case full:
      break;
  }
  return trained;
}

}  // namespace lorahub::run
