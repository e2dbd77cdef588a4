#include "run/methods/methods.hpp"
#include "search/minimize.hpp"

namespace lorahub::run {

Choice searched(const Context& context) {
  const study::Trial& trial = context.trial();
  const auto optimizer = search::make_optimizer(trial.search, context.modules(), trial.seed.search);
  search::Trace trace =
      search::minimize(*optimizer, context.record(context.evaluate(trial.penalty)),
                       trial.search.budget, context.observer);
  return {.weights = std::move(trace.best),
          .loss = trace.best_loss,
          .generations = std::move(trace.generations)};
}

}  // namespace lorahub::run
