#include "objective/recorded_loss.hpp"

#include <limits>

#include "objective/loss_kinds.hpp"
#include "study/knobs.hpp"
#include "study/methods.hpp"

namespace lorahub::objective {
namespace {

bool is_known(const study::Trial& trial) {
  const bool of_cross_entropies =
      trial.loss != study::LossKind::ask && !study::reads_answers(trial.loss);
  const bool smoothed =
      study::find_knob("train.smoothing")->read_by(trial) && trial.train.smoothing > 0;
  // A loss that came with its gradient was rounded otherwise in bf16.
  const bool rounded =
      study::mixes_by_gradient(trial.method) && trial.precision != study::Precision::f32;
  return of_cross_entropies && !smoothed && !rounded &&
         study::exact(trial.precision) == trial.precision;
}

// A method that does not read the penalty has none.
study::Penalty penalty_of(const study::Trial& trial) {
  if (study::find_knob("penalty.kind")->read_by(trial)) return trial.penalty;
  return {.kind = study::PenaltyKind::none};
}

}  // namespace

double recorded_loss(const study::Trial& trial, std::span<const double> weights,
                     std::span<const double> sums, std::span<const int> tokens) {
  if (!is_known(trial) || weights.empty() || sums.empty() || sums.size() != tokens.size())
    return std::numeric_limits<double>::quiet_NaN();
  const search::Sums measured{.examples = static_cast<int>(sums.size()),
                              .values = {sums.begin(), sums.end()}};
  const search::Population point{.dim = static_cast<int>(weights.size()),
                                 .weights = {weights.begin(), weights.end()}};
  return reduce(measured, tokens, point, {.kind = trial.loss, .penalty = penalty_of(trial)})
      .front();
}

}  // namespace lorahub::objective
