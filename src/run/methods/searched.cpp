#include "run/methods/methods.hpp"
#include "search/minimize.hpp"
#include "search/recommend.hpp"

namespace lorahub::run {

Choice searched(const Context& context) {
  const study::Trial& trial = context.trial();
  const auto optimizer = search::make_optimizer(trial.search, context.modules(), trial.seed.search);
  search::Evaluate evaluate = context.evaluate(trial.penalty);
  if (optimizer->ask().size() == 1) evaluate = context.ahead(evaluate, *optimizer);
  if (context.added) evaluate = search::plus(evaluate, context.added);
  search::Trace trace =
      search::minimize(*optimizer, context.record(evaluate), trial.search.budget, context.observer);
  context.check_found(trace.best_loss);
  std::vector<double> weights = search::recommended(trace, trial.search);
  const double loss = weights == trace.best
                          ? trace.best_loss
                          : evaluate({.dim = context.modules(), .weights = weights}).front();
  return {.weights = std::move(weights), .loss = loss, .generations = std::move(trace.generations)};
}

}  // namespace lorahub::run
