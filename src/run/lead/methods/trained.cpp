#include "run/lead/methods/methods.hpp"

namespace lorahub::run {

// One rank trains; the coordinator holds no model.
MethodResult trained(TrialEvaluator& evaluator) {
  TrainingResult result = evaluator.train();
  return {.loss = result.loss,
          .answers = std::move(result.answers),
          .shot_sums = std::move(result.shot_sums),
          .steps = result.steps,
          .backwards = result.backwards};
}

}  // namespace lorahub::run
