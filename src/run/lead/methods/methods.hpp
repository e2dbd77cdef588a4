// The methods of a study: how each chooses the weights with which the test rows are answered. One
// file each.
#pragma once
#include "run/lead/trial_evaluator.hpp"
#include "run/messages/method_result.hpp"

namespace lorahub::run {

Choice base_model(const Context& context);  // zero_shot, icl
Choice uniform(const Context& context);
Choice best_single(const Context& context);
Choice searched(const Context& context);  // lorahub, random_lora
Choice trained(const Context& context);   // lora_tuning, ia3, full, gradient (training.hpp)

using ChooseWeights = Choice (*)(const Context&);
ChooseWeights method(study::Method method);

}  // namespace lorahub::run
