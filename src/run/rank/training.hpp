// Methods that train: a training is one request, done by whichever rank is given it, so that
// its bits depend on the trial alone.
#pragma once
#include "objective/objective.hpp"
#include "plan/trial_inputs.hpp"
#include "run/messages/method_result.hpp"

namespace lorahub::run {

// What a training uses of its rank.
struct TrainingInputs {
  const plan::TrialInputs& inputs;
  const objective::LoadedModel& loaded;  // with all threads of the rank
  const lora::Pool* pool = nullptr;      // null where the method uses no modules
};

MethodResult tuned(
    const TrainingInputs& inputs);  // lora_tuning, ia3, full: new weights on the base, and answers
MethodResult gradient(const TrainingInputs& inputs);  // the mixing weights, by their gradient

MethodResult train(const TrainingInputs& inputs);  // as the trial's method says

}  // namespace lorahub::run
