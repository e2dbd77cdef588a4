#include "run/lead/methods/methods.hpp"

namespace lorahub::run {

// One rank trains; the coordinator holds no model.
MethodResult trained(const TrialEvaluator& context) { return context.train(); }

}  // namespace lorahub::run
