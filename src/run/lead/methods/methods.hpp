// The methods of a study: how each chooses the weights with which the test rows are answered. One
// file each.
#pragma once
#include "run/lead/trial_evaluator.hpp"
#include "run/messages/method_result.hpp"

namespace lorahub::run {

MethodResult base_model(const TrialEvaluator& context);  // zero_shot, icl
MethodResult uniform(const TrialEvaluator& context);
MethodResult best_single(const TrialEvaluator& context);
MethodResult searched(const TrialEvaluator& context);  // lorahub, random_lora
MethodResult trained(
    const TrialEvaluator& context);  // lora_tuning, ia3, full, gradient (training.hpp)

using ChooseWeights = MethodResult (*)(const TrialEvaluator&);
ChooseWeights method(study::Method method);

}  // namespace lorahub::run
