#include "study/trial.hpp"

#include "study/retrievals.hpp"

namespace lorahub::study {

int search_length(const Trial& trial) {
  return mixes_by_gradient(trial.method) ? trial.train.epochs : trial.search.budget;
}

int points_a_step(const Trial& trial) {
  const bool smooths = mixes_by_gradient(trial.method) && trial.train.smoothing > 0;
  return smooths ? 2 * trial.train.smoothing_pairs : 1;
}

const char* search_unit(const Trial& trial) {
  return mixes_by_gradient(trial.method) ? "steps" : "evaluations";
}

bool retrieves_by_shots(const Trial& trial) {
  const RetrievalInfo& way = info(trial.retrieve.by);
  return uses_modules(trial.method) && (has_loss(way) || way.reads_task);
}

bool reads_cards(const Trial& trial) {
  return uses_modules(trial.method) &&
         (info(trial.retrieve.by).reads_cards || info(trial.method).reads_cards);
}

}  // namespace lorahub::study
