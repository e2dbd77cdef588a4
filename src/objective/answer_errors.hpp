// The errors of the greedy answers of the shots: the part of a loss that reads answers
// (loss_kinds.hpp).
#pragma once
#include <span>
#include <string>
#include <vector>

#include "objective/objective.hpp"

namespace lorahub::objective {

// Returns the error of an answer, from 0 (right) to 1: a miss is 1 for `accuracy`; it is
// 1 - chrF / 100 for `similarity`.
double answer_error(study::LossKind kind, std::string_view answer, std::string_view target);

// The shots whose answers a loss reads, and how they are answered.
struct AnsweredShots {
  study::LossKind kind = study::LossKind::accuracy;
  std::span<const task::Example> shots;
  AnswerRule rule;
};
// The shots of a trial are answered as its test rows are, but an answer ends at twice the tokens of
// the longest target and 8 more: a candidate that rambles to the limit is wrong anyway, and would
// cost 50 times an ordinary one.
AnsweredShots answered_shots(const study::Trial& trial, const task::Task& task,
                             std::span<const model::Tokens> pairs);

// Returns a measure whose columns 0 to K - 1 are those of `losses` (K shots) and whose columns K to
// 2 K - 1 are the errors of the answers. It holds references: the model, the pool and the shots
// must outlive it.
search::Measure with_answer_errors(search::Measure losses, const LoadedModel& loaded,
                                   const Mixture& mixture, const AnsweredShots& shots);

// Returns the sums of one candidate with the errors of its answers behind them: [2 K].
search::Sums with_answer_errors(search::Sums sums, const LoadedModel& loaded,
                                const model::Adapter& adapter, const AnsweredShots& shots);

}  // namespace lorahub::objective
