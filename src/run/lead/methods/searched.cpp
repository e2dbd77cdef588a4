#include "run/lead/methods/methods.hpp"
#include "search/minimize.hpp"
#include "search/recommend.hpp"
#include "search/stopping.hpp"

namespace lorahub::run {

MethodResult searched(TrialEvaluator& evaluator) {
  const study::Trial& trial = evaluator.trial();
  const auto optimizer =
      search::make_optimizer(trial.search, evaluator.modules(), trial.seed.search);
  const EvaluationHooks& around = evaluator.surroundings();
  const auto plus_added = [&](search::Evaluate f) {
    return around.added ? search::plus(std::move(f), around.added) : f;
  };
  search::Evaluate evaluate = evaluator.evaluate(trial.penalty, RequestKind::search);
  // A program is asked for what the search asks for, in that order, and for nothing else.
  if (optimizer->ask().size() == 1 && trial.loss != study::LossKind::ask)
    evaluate = evaluator.ahead(evaluate, *optimizer);
  evaluate = plus_added(evaluate);
  search::Trace trace = search::minimize(*optimizer, around.record(evaluate), trial.search.budget,
                                         around.observer, search::stopping(trial));
  evaluator.check_found(trace.best_loss);
  std::vector<double> weights = search::recommended(trace, trial.search);
  // What is reported is exact, whatever told the candidates apart.
  const bool known = weights == trace.best && trial.held_out == 0 &&
                     trial.precision == study::exact(trial.precision);
  const double loss = known ? trace.best_loss
                            : plus_added(evaluator.evaluate(trial.penalty))(
                                  {.dim = evaluator.modules(), .weights = weights})
                                  .losses.front();
  return {.weights = std::move(weights), .loss = loss, .generations = std::move(trace.generations)};
}

}  // namespace lorahub::run
