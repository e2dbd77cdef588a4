#include <algorithm>

#include "run/lead/methods/methods.hpp"

namespace lorahub::run {

// Each module alone at weight 1, all in one generation; the first of the best. The penalty is the
// same for all.
MethodResult best_single(const TrialEvaluator& context) {
  const int n = context.modules();
  search::Population alone{
      .dim = n, .weights = std::vector<double>(static_cast<size_t>(n) * static_cast<size_t>(n))};
  for (size_t i = 0; i < static_cast<size_t>(n); ++i)
    alone.weights[i * static_cast<size_t>(n) + i] = 1;
  search::Losses losses =
      context.record(context.evaluate({.kind = study::PenaltyKind::none}))(alone);
  const auto best = std::ranges::min_element(losses);
  context.check_found(*best);
  const auto row = alone.row(static_cast<int>(best - losses.begin()));
  MethodResult choice{.weights = {row.begin(), row.end()}, .loss = *best};
  choice.generations.push_back({.population = std::move(alone), .losses = std::move(losses)});
  return choice;
}

}  // namespace lorahub::run
