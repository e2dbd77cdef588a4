#include <algorithm>

#include "run/lead/methods/methods.hpp"

namespace lorahub::run {

// Each module alone at weight 1, all in one generation; the first of the best. The penalty is the
// same for all.
MethodResult best_single(TrialEvaluator& evaluator) {
  const int n = evaluator.modules();
  search::Population alone{
      .dim = n, .weights = std::vector<double>(static_cast<size_t>(n) * static_cast<size_t>(n))};
  for (size_t i = 0; i < static_cast<size_t>(n); ++i)
    alone.weights[i * static_cast<size_t>(n) + i] = 1;
  search::Evaluation found = evaluator.surroundings().record(
      evaluator.evaluate({.kind = study::PenaltyKind::none}))(alone);
  const auto best = std::ranges::min_element(found.losses);
  evaluator.check_found(*best);
  const auto row = alone.row(static_cast<int>(best - found.losses.begin()));
  MethodResult choice{.weights = {row.begin(), row.end()}, .loss = *best};
  choice.generations.push_back({.population = std::move(alone),
                                .losses = std::move(found.losses),
                                .faults = std::move(found.faults)});
  return choice;
}

}  // namespace lorahub::run
