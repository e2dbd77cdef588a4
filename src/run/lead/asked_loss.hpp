// The losses of candidates as a program of the user's says them: `loss: ask`. The coordinator asks,
// so that they do not depend on the ranks.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "base/asked_program.hpp"
#include "plan/trial_inputs.hpp"
#include "search/population.hpp"

namespace lorahub::run {

// Asks loss.program, which is started with the first question. A question holds all candidates:
//   {"ask":"losses","task":..,"model":..,"composition":..,"modules":[folder of each],
//    "shots":[{"input":..,"target":..}],"weights":[[one of each module] of each candidate]}
// and its answer a number for each, or null for a candidate that has none, which is a fault:
//   {"losses":[..]}  or  {"error":"a sentence"}, which ends the trial.
class AskedLoss {
 public:
  // The inputs must outlive it.
  explicit AskedLoss(const plan::TrialInputs& inputs) : inputs_(inputs) {}
  // Candidates of the first question are not asked for twice: adapt measures the base and the
  // modules alone before it searches, and the official search begins with the base.
  search::Evaluation operator()(const search::Population& population);

 private:
  search::Evaluation ask(const search::Population& population);
  std::string question(const search::Population& population) const;

  const plan::TrialInputs& inputs_;
  std::optional<base::AskedProgram> program_;
  std::map<std::vector<double>, double> first_;  // losses of the first question by weights
};

}  // namespace lorahub::run
