#include "run/lead/methods/methods.hpp"

namespace lorahub::run {

// One rank trains; the coordinator holds no model.
MethodResult trained(TrialEvaluator& evaluator) { return evaluator.train(); }

}  // namespace lorahub::run
