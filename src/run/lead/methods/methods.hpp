// The methods of a study: how each chooses the weights with which the test rows are answered. One
// file each.
#pragma once
#include "run/lead/trial_evaluator.hpp"
#include "run/messages/method_result.hpp"

namespace lorahub::run {

MethodResult base_model(TrialEvaluator& evaluator);  // zero_shot, icl
MethodResult uniform(TrialEvaluator& evaluator);
MethodResult best_single(TrialEvaluator& evaluator);
MethodResult searched(TrialEvaluator& evaluator);  // lorahub, random_lora
MethodResult trained(TrialEvaluator& evaluator);  // lora_tuning, ia3, full, gradient (training.hpp)

using ChooseWeights = MethodResult (*)(TrialEvaluator&);
ChooseWeights method(study::Method method);

}  // namespace lorahub::run
