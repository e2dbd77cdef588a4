#include "objective/objective.hpp"

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

double data_term(std::span<const double> sums, std::span<const int> tokens, const LossRule& rule) {
  const auto examples = static_cast<double>(tokens.size());
  if (rule.kind == study::LossKind::example_mean) {
    double total = 0;
    for (size_t k = 0; k < tokens.size(); ++k) total += sums[k] / tokens[k];
    return total / examples;
  }
  if (rule.kind == study::LossKind::token_mean) return token_mean(sums, tokens);
  const size_t batch = rule.batch > 0 ? static_cast<size_t>(rule.batch) : tokens.size();
  double means = 0;
  for (size_t first = 0; first < tokens.size(); first += batch) {
    const size_t count = std::min(batch, tokens.size() - first);
    means += token_mean(sums.subspan(first, count), tokens.subspan(first, count));
  }
  return means / examples;
}

}  // namespace

std::vector<model::Tokens> tokenize(const text::Tokenizer& tokenizer,
                                    std::span<const task::Example> examples) {
  std::vector<model::Tokens> pairs;
  for (const task::Example& example : examples)
    pairs.push_back({.source = tokenizer.encode(example.input, kMostTokens),
                     .target = tokenizer.encode(example.target, kMostTokens)});
  return pairs;
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

search::Losses reduce(const search::Sums& sums, std::span<const int> tokens,
                      const search::Population& population, const LossRule& rule) {
  const size_t examples = tokens.size();
  assert(examples > 0 && static_cast<size_t>(sums.examples) == examples);
  assert(sums.values.size() == examples * static_cast<size_t>(population.size()));
  search::Losses losses;
  for (int p = 0; p < population.size(); ++p) {
    const auto row = std::span(sums.values).subspan(static_cast<size_t>(p) * examples, examples);
    losses.push_back(data_term(row, tokens, rule) + penalty(population.row(p), rule.penalty));
  }
  return losses;
}

}  // namespace lorahub::objective
