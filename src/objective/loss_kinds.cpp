#include "objective/loss_kinds.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace lorahub::objective {

namespace {

double token_mean(std::span<const double> sums, std::span<const int> tokens) {
  return std::accumulate(sums.begin(), sums.end(), 0.0) /
         std::accumulate(tokens.begin(), tokens.end(), 0.0);
}

double data_term(std::span<const double> sums, std::span<const int> tokens,
                 const LossParts& parts) {
  double means = 0;
  for (const auto& [first, count] : parts.runs)
    means += token_mean(sums.subspan(first, count), tokens.subspan(first, count));
  return means / parts.divisor;
}

double tie_weight(study::LossKind kind) { return kind == study::LossKind::accuracy ? 1 : 0.01; }

// Returns the loss of loss_kinds.hpp. `errors`: of the answers, [K].
double with_answers(std::span<const double> errors, double loss, study::LossKind kind) {
  if (!std::isfinite(loss)) return loss;
  const double all = std::accumulate(errors.begin(), errors.end(), 0.0);
  return (all + tie_weight(kind) * loss / (1 + loss)) / static_cast<double>(errors.size());
}

}  // namespace

int numbers_per_shot(study::LossKind kind) {
  if (kind == study::LossKind::ask) return 0;
  return study::reads_answers(kind) ? 2 : 1;
}

LossParts loss_parts(const LossRule& rule, size_t examples) {
  size_t length = examples;  // of a run
  if (rule.kind == study::LossKind::example_mean) length = 1;
  const bool official = study::of_entropies(rule.kind) == study::LossKind::official;
  if (official && rule.batch > 0) length = static_cast<size_t>(rule.batch);
  LossParts parts{
      .runs = {},
      .divisor = rule.kind == study::LossKind::token_mean ? 1 : static_cast<double>(examples)};
  for (size_t first = 0; first < examples; first += length)
    parts.runs.push_back({.first = first, .count = std::min(length, examples - first)});
  return parts;
}

double penalty(std::span<const double> weights, const study::Penalty& penalty) {
  double absolute = 0, square = 0;
  for (const double w : weights) {
    absolute += std::abs(w);
    square += w * w;
  }
  switch (penalty.kind) {
    case study::PenaltyKind::l1_mean:
      return weights.empty() ? 0 : penalty.weight * absolute / static_cast<double>(weights.size());
    case study::PenaltyKind::l1_sum:
      return penalty.weight * absolute;
    case study::PenaltyKind::l2:
      return penalty.weight * square;
    case study::PenaltyKind::none:
      break;
  }
  return 0;
}

double penalty_slope(double weight, const study::Penalty& penalty, size_t count) {
  const double sign = weight > 0 ? 1 : weight < 0 ? -1 : 0;
  switch (penalty.kind) {
    case study::PenaltyKind::l1_mean:
      return penalty.weight * sign / static_cast<double>(count);
    case study::PenaltyKind::l1_sum:
      return penalty.weight * sign;
    case study::PenaltyKind::l2:
      return 2 * penalty.weight * weight;
    case study::PenaltyKind::none:
      break;
  }
  return 0;
}

search::Losses reduce(const search::Sums& sums, std::span<const int> tokens,
                      const search::Population& population, const LossRule& rule) {
  const size_t examples = tokens.size();
  const size_t columns = examples * static_cast<size_t>(numbers_per_shot(rule.kind));
  assert(examples > 0 && static_cast<size_t>(sums.examples) == columns);
  assert(sums.values.size() == columns * static_cast<size_t>(population.size()));
  const LossParts parts = loss_parts(rule, examples);
  search::Losses losses;
  for (int p = 0; p < population.size(); ++p) {
    const auto row = std::span(sums.values).subspan(static_cast<size_t>(p) * columns, columns);
    const double loss =
        data_term(row.first(examples), tokens, parts) + penalty(population.row(p), rule.penalty);
    losses.push_back(columns == examples ? loss
                                         : with_answers(row.subspan(examples), loss, rule.kind));
  }
  return losses;
}

}  // namespace lorahub::objective
