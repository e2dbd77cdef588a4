// Methods that train weights of a network: a training is one request, done by whichever rank is
// given it, so that its bits depend on the trial alone.
#pragma once
#include "objective/objective.hpp"
#include "plan/trial_inputs.hpp"
#include "run/messages/training_result.hpp"

namespace lorahub::run {

// What a training uses of its rank.
struct TrainingInputs {
  const plan::TrialInputs& inputs;
  const objective::LoadedModel& loaded;  // with all threads of the rank
};

// lora_tuning, ia3, full: new weights on the base, and answers.
TrainingResult train(const TrainingInputs& inputs);

}  // namespace lorahub::run
