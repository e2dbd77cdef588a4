#include "base/check.hpp"
#include "run/methods/methods.hpp"
#include "run/trained.hpp"
#include "t5/loss.hpp"

namespace lorahub::run {

// By the coordinator alone: a few shots are one tile's work. The loss is the study's, without
// penalty.
Choice tuned(const Context& context) {
  const study::Trial& trial = context.trial();
  const Site& site = context.site();
  const t5::Network& base = site.machine().network;
  train::Settings settings = train_settings(trial, site.pairs().size());
  settings.model_dropout = base.config.dropout;
  settings.threads = site.machine().threads;
  train::Trainer trainer(trainable(trial, base), site.pairs(), settings);
  while (!trainer.done()) trainer.step();

  Choice choice{.trained = train::bytes(trainer.trainable())};
  const train::Model model = train::model(trainer.trainable());
  const search::Sums sums{.examples = static_cast<int>(site.pairs().size()),
                          .values = t5::loss_sums(model.network, model.adapter, site.pairs())};
  const search::Population none{.dim = 1, .weights = {0}};
  choice.loss =
      objective::reduce(sums, context.shot_tokens(), none,
                        {.kind = trial.loss, .penalty = {.kind = study::PenaltyKind::none}})
          .front();
  choice.shot_sums = sums.values;
  choice.steps = trainer.steps();
  for (int64_t step = 0; step < trainer.steps(); ++step)
    choice.backwards += static_cast<long>(trainer.step_rows(step).size());
  return choice;
}

}  // namespace lorahub::run
