#include "run/trained.hpp"

#include "base/check.hpp"
#include "study/names.hpp"

namespace lorahub::run {

train::Trainable trainable(const study::Trial& trial, const t5::Network& base) {
  switch (trial.method) {
    case study::Method::lora_tuning:
      return train::lora(base, {.rank = trial.train.rank, .alpha = trial.train.alpha},
                         trial.seed.search);
    case study::Method::ia3:
      return train::ia3(base);
    case study::Method::full:
      return train::full(base, base.embedding.scalar_type());
    default:
      base::fail("method '{}' trains no weights of a network", study::name(trial.method));
  }
}

train::Model trained_model(const study::Trial& trial, const t5::Network& base,
                           const std::string& bytes) {
  train::Trainable what = trainable(trial, base);
  train::set_bytes(what, bytes);
  return train::model(what);
}

double learning_rate(const study::Trial& trial) {
  if (trial.train.lr > 0) return trial.train.lr;
  switch (trial.method) {
    case study::Method::lora_tuning:
      return 1e-3;
    case study::Method::ia3:
      return 3e-3;
    case study::Method::full:
      return 3e-4;
    default:
      return 0.05;
  }
}

train::Settings train_settings(const study::Trial& trial, size_t shots) {
  train::Settings settings{
      .batch = static_cast<size_t>(trial.train.batch),
      .rule = {.weight_decay = trial.train.weight_decay},
      .dropout = trial.method == study::Method::lora_tuning ? trial.train.dropout : 0,
      .seed = trial.seed.search};
  settings.rate = {.peak = learning_rate(trial),
                   .steps = trial.train.epochs * train::steps_an_epoch(shots, settings)};
  return settings;
}

}  // namespace lorahub::run
