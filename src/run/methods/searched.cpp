#include "run/methods/methods.hpp"
#include "search/minimize.hpp"

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
  return {.weights = std::move(trace.best),
          .loss = trace.best_loss,
          .generations = std::move(trace.generations)};
}

}  // namespace lorahub::run
