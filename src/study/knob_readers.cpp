#include "study/knob_readers.hpp"

#include "study/compositions.hpp"
#include "study/methods.hpp"

namespace lorahub::study {
namespace {

const CompositionInfo& composed_by(const Trial& trial) { return info(trial.composition); }

}  // namespace

bool always(const Trial&) { return true; }

bool mixes_modules(const Trial& trial) { return uses_modules(trial.method); }

// Methods that take every composition (check_composition.hpp).
bool composes(const Trial& trial) {
  return mixes_modules(trial) && trial.method != Method::best_single &&
         !weighs_inputs(trial.method) && info(trial.method).trains == Trains::nothing;
}

bool prunes(const Trial& trial) {
  return composes(trial) && composed_by(trial).pruning != Pruning::none;
}

bool cuts_rank(const Trial& trial) {
  return mixes_modules(trial) && info(trial.method).trains == Trains::nothing &&
         composed_by(trial).mixes == Mixes::cut;
}

bool routes(const Trial& trial) {
  return composes(trial) && composed_by(trial).mixes == Mixes::routed;
}

bool weighs_each_input(const Trial& trial) { return weighs_inputs(trial.method); }

bool weighs_by_signal(const Trial& trial) { return trial.method == Method::logo; }

// Only another weight than 1/N is a part of the identity, so that trials with that keep their ids.
bool sets_uniform_weight(const Trial& trial) {
  return trial.method == Method::uniform && trial.uniform_weight > 0;
}

bool draws_modules(const Trial& trial) {
  return uses_modules(trial.method) && trial.modules.names.empty() && trial.modules.count > 0;
}

bool learns_from_shots(const Trial& trial) {
  return uses_shots(trial.method) || retrieves_by_shots(trial);
}

// With one file for pool and test, the shots are taken out of the test rows, so every method
// depends on them.
bool depends_on_shots(const Trial& trial) {
  return learns_from_shots(trial) || trial.task_files.pool == trial.task_files.test;
}

bool draws_shots(const Trial& trial) { return depends_on_shots(trial) && trial.shots.rows.empty(); }

// Only shuffled labels are a part of the identity, so that trials with the shots' own labels keep
// their ids.
bool shuffles_labels(const Trial& trial) {
  return trial.labels != Labels::given && learns_from_shots(trial);
}

bool searches(const Trial& trial) { return uses_search(trial.method); }

bool searches_by_cma(const Trial& trial) {
  return searches(trial) && trial.search.method == SearchMethod::cma;
}

// Only a search that is ended so has the knob in its identity, so that others keep their ids.
bool stops_where_flat(const Trial& trial) {
  const bool is_in_nats = !reads_answers(trial.loss) && trial.loss != LossKind::ask;
  return searches_by_cma(trial) && trial.search.stop > 0 && is_in_nats;
}

bool stops_by_time(const Trial& trial) { return searches(trial) && trial.search.time > 0; }

bool searches_in_generations(const Trial& trial) {
  return searches(trial) && trial.search.method != SearchMethod::official;
}

// The official search is deterministic; DARE draws the values that it keeps, and a smoothed
// gradient its points.
bool draws_search(const Trial& trial) {
  return info(trial.method).draws || searches_in_generations(trial) || points_a_step(trial) > 1 ||
         (composes(trial) && composed_by(trial).pruning == Pruning::random);
}

bool trains_mixture(const Trial& trial) { return mixes_by_gradient(trial.method); }

bool trains_adapter(const Trial& trial) { return info(trial.method).trains == Trains::adapter; }

// Adam alone has a rate, and only another descent is a part of the identity, so that trials with
// Adam keep their ids.
bool descends_otherwise(const Trial& trial) {
  return trains_mixture(trial) && trial.train.descent != Descent::adam;
}

// Only a smoothed gradient has its knobs in the identity, so that others keep their ids.
bool smooths(const Trial& trial) { return points_a_step(trial) > 1; }

bool has_rate(const Trial& trial) { return trains(trial.method) && !descends_otherwise(trial); }

bool trains_anything(const Trial& trial) { return trains(trial.method); }

bool trains_in_batches(const Trial& trial) {
  return trains_anything(trial) && !trains_mixture(trial);
}

bool measures_weights(const Trial& trial) {
  return measures_candidates(trial.method) || trains_mixture(trial);
}

bool chooses_weights(const Trial& trial) { return searches(trial) || trains_mixture(trial); }

bool weighs_penalty(const Trial& trial) {
  return chooses_weights(trial) && trial.penalty.kind != PenaltyKind::none;
}

bool never(const Trial&) { return false; }

bool asks_program(const Trial& trial) {
  return measures_candidates(trial.method) && trial.loss == LossKind::ask;
}

// Only a search that holds shots out has the knob in its identity, so that others keep their ids.
bool holds_out_shots(const Trial& trial) { return trial.held_out > 0 && searches_by_cma(trial); }

// The shots are answered as the test rows are where the loss reads answers.
bool answers_shots(const Trial& trial) {
  return measures_candidates(trial.method) && reads_answers(trial.loss);
}

}  // namespace lorahub::study
