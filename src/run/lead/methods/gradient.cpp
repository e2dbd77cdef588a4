#include <memory>

#include "plan/learning_rate.hpp"
#include "run/lead/methods/methods.hpp"
#include "search/adam.hpp"
#include "search/bfgs.hpp"
#include "search/minimize.hpp"

namespace lorahub::run {
namespace {

std::unique_ptr<search::Optimizer> descent(const study::Trial& trial, int modules) {
  const std::vector<double> start(static_cast<size_t>(modules), trial.train.start);
  if (trial.train.descent == study::Descent::bfgs)
    return std::make_unique<search::Bfgs>(start, trial.search.bound);
  return std::make_unique<search::Adam>(
      start, trial.search.bound,
      search::Adam::Course{.rate = plan::learning_rate(trial), .steps = trial.train.epochs});
}

}  // namespace

// Each step is on all shots; the best point seen wins, as in a search. The losses are those at the
// points from which the steps start.
MethodResult gradient(TrialEvaluator& evaluator) {
  const study::Trial& trial = evaluator.trial();
  const EvaluationHooks& around = evaluator.surroundings();
  const auto optimizer = descent(trial, evaluator.modules());
  search::Trace trace = search::minimize(*optimizer, around.record(evaluator.slopes(trial.penalty)),
                                         trial.train.epochs, around.observer);
  evaluator.check_found(trace.best_loss);
  const long steps = trial.train.epochs;
  return {.weights = std::move(trace.best),
          .loss = trace.best_loss,
          .generations = std::move(trace.generations),
          .steps = steps,
          .backwards = static_cast<long>(evaluator.inputs().pairs.size()) * steps *
                       study::points_a_step(trial)};
}

}  // namespace lorahub::run
