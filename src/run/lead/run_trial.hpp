// Runs one trial, from its line in the plan to its record.
#pragma once
#include "run/lead/trial_evaluator.hpp"
#include "store/record.hpp"

namespace lorahub::run {

// Runs the evaluator's trial on the ranks of its group. Error when an input is bad, or when no
// candidate could be evaluated.
store::Record run_trial(TrialEvaluator& evaluator);

}  // namespace lorahub::run
