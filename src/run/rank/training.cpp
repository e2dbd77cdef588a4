#include "run/rank/training.hpp"

#include "base/check.hpp"
#include "base/signals.hpp"
#include "objective/alone.hpp"
#include "plan/learning_rate.hpp"
#include "study/choices.hpp"
#include "train/trainer.hpp"

namespace lorahub::run {
namespace {

// The parameters that the trial's method trains, with their initial values.
train::Trainable trainable(const study::Trial& trial, const train::ModelPointer& base) {
  switch (trial.method) {
    case study::Method::lora_tuning:
      return train::lora(base, {.rank = trial.train.rank, .alpha = trial.train.alpha},
                         trial.seed.search);
    case study::Method::ia3:
      return train::ia3(base);
    case study::Method::full:
      return train::full(base, base->dtype());
    default:
      base::fail("method '{}' trains no weights of a network", study::name(trial.method));
  }
}

train::Settings settings(const TrainingInputs& training) {
  const study::Trial& trial = training.inputs.trial;
  train::Settings settings{
      .batch = static_cast<size_t>(trial.train.batch),
      .rule = {.weight_decay = trial.train.weight_decay},
      .model_dropout = training.loaded.model->architecture().dropout(),
      .dropout = trial.method == study::Method::lora_tuning ? trial.train.dropout : 0,
      .seed = trial.seed.search,
      .threads = training.loaded.threads};
  const int64_t steps =
      train::course(training.inputs.pairs, settings).first_step(trial.train.epochs);
  settings.rate = {.peak = plan::learning_rate(trial), .steps = steps};
  return settings;
}

}  // namespace

// Trains on the token mean of a batch, and reports the official loss without penalty, whatever the
// study's `loss` says: the knob is no part of such a trial's identity.
TrainingResult train(const TrainingInputs& training) {
  const auto& [inputs, loaded] = training;
  const study::Trial& trial = inputs.trial;
  train::Trainer trainer(trainable(trial, loaded.model), inputs.pairs, settings(training));
  while (!trainer.done()) {
    trainer.step();
    base::throw_if_signalled();
  }
  const train::TrainedModel trained = train::trained_model(trainer.trainable());
  objective::LoadedModel adapted = loaded;
  adapted.model = trained.model;
  const search::Sums sums = alone_sums(adapted, trained.adapter, inputs.pairs);
  const search::Population itself{.dim = 1, .weights = {0}};
  TrainingResult result{
      .loss = objective::reduce(sums, objective::target_lengths(inputs.pairs), itself,
                                {.kind = study::LossKind::official,
                                 .penalty = {.kind = study::PenaltyKind::none}})
                  .front(),
      .answers = objective::answer(
          adapted, trained.adapter, inputs.prompts,
          {.scoring = inputs.task.scoring, .max_tokens = trial.max_tokens, .batch = trial.batch}),
      .shot_sums = sums.values,
      .steps = trainer.steps()};
  for (int64_t step = 0; step < trainer.steps(); ++step)
    result.backwards += static_cast<long>(trainer.step_rows(step).size());
  return result;
}

}  // namespace lorahub::run
