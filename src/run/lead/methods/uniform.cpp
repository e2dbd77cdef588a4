#include "run/lead/methods/methods.hpp"

namespace lorahub::run {

MethodResult uniform(TrialEvaluator& evaluator) {
  const auto n = static_cast<size_t>(evaluator.modules());
  return {.weights = std::vector<double>(n, 1.0 / static_cast<double>(n))};
}

}  // namespace lorahub::run
