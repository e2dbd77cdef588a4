// Methods that train: a training is one unit of work, done by whichever rank is given it, so that
// its bits depend on the trial alone.
#pragma once
#include "objective/objective.hpp"
#include "plan/trial_inputs.hpp"
#include "run/messages/method_result.hpp"

namespace lorahub::run {

// What that rank holds.
struct Bench {
  const plan::Brief& brief;
  const objective::Machine& machine;  // with all threads of the rank
  const lora::Pool* pool = nullptr;   // where the method has modules
};

Choice tuned(const Bench& bench);  // lora_tuning, ia3, full: new weights on the base, and answers
Choice gradient(const Bench& bench);  // the mixing weights, by their gradient

Choice train(const Bench& bench);  // as the trial's method says

}  // namespace lorahub::run
