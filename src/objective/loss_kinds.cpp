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

}  // namespace

LossParts loss_parts(const LossRule& rule, size_t examples) {
  size_t length = examples;  // of a run
  if (rule.kind == study::LossKind::example_mean) length = 1;
  if (rule.kind == study::LossKind::official && rule.batch > 0)
    length = static_cast<size_t>(rule.batch);
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
  assert(examples > 0 && static_cast<size_t>(sums.examples) == examples);
  assert(sums.values.size() == examples * static_cast<size_t>(population.size()));
  const LossParts parts = loss_parts(rule, examples);
  search::Losses losses;
  for (int p = 0; p < population.size(); ++p) {
    const auto row = std::span(sums.values).subspan(static_cast<size_t>(p) * examples, examples);
    losses.push_back(data_term(row, tokens, parts) + penalty(population.row(p), rule.penalty));
  }
  return losses;
}

}  // namespace lorahub::objective
