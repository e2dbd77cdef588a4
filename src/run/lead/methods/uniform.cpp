#include "run/lead/methods/methods.hpp"

namespace lorahub::run {

MethodResult uniform(TrialEvaluator& evaluator) {
  const auto n = static_cast<size_t>(evaluator.modules());
  const double given = evaluator.trial().uniform_weight;
  return {.weights = std::vector<double>(n, given > 0 ? given : 1.0 / static_cast<double>(n))};
}

}  // namespace lorahub::run
