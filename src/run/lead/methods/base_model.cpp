#include "run/lead/methods/methods.hpp"

namespace lorahub::run {

MethodResult base_model(TrialEvaluator&) { return {}; }

}  // namespace lorahub::run
