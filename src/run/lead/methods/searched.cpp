#include "run/lead/methods/methods.hpp"
#include "search/minimize.hpp"
#include "search/recommend.hpp"

namespace lorahub::run {

MethodResult searched(const TrialEvaluator& context) {
  const study::Trial& trial = context.trial();
  const auto optimizer = search::make_optimizer(trial.search, context.modules(), trial.seed.search);
  const auto plus_added = [&](search::Evaluate f) {
    return context.added ? search::plus(std::move(f), context.added) : f;
  };
  search::Evaluate evaluate = context.evaluate(trial.penalty, RequestKind::search);
  if (optimizer->ask().size() == 1) evaluate = context.ahead(evaluate, *optimizer);
  evaluate = plus_added(evaluate);
  search::Trace trace =
      search::minimize(*optimizer, context.record(evaluate), trial.search.budget, context.observer);
  context.check_found(trace.best_loss);
  std::vector<double> weights = search::recommended(trace, trial.search);
  // What is reported is exact, whatever told the candidates apart.
  const bool known = weights == trace.best && trial.precision == study::exact(trial.precision);
  const double loss = known ? trace.best_loss
                            : plus_added(context.evaluate(trial.penalty))(
                                  {.dim = context.modules(), .weights = weights})
                                  .front();
  return {.weights = std::move(weights), .loss = loss, .generations = std::move(trace.generations)};
}

}  // namespace lorahub::run
