// Sums of cross entropies -> losses: the kinds of loss and of penalty, each in one place. Host
// arithmetic in double, in a fixed order.
#pragma once
#include <span>
#include <vector>

#include "search/population.hpp"
#include "study/trial.hpp"

namespace lorahub::objective {

struct LossRule {
  study::LossKind kind = study::LossKind::official;
  study::Penalty penalty;
  int batch = 0;  // examples of a batch of the official loss, which sums the token means of
                  // batches; 0: all are one
};

// A loss is the sum of the token means of some runs of examples, divided by a number.
struct ExampleRun {
  size_t first = 0, count = 0;
};
struct LossParts {
  std::vector<ExampleRun> runs;
  double divisor = 1;
};
LossParts loss_parts(const LossRule& rule, size_t examples);

// `sums`: cross entropies [P, K]; `tokens` of each example's target, [K].
search::Losses reduce(const search::Sums& sums, std::span<const int> tokens,
                      const search::Population& population, const LossRule& rule);

double penalty(std::span<const double> weights, const study::Penalty& penalty);
// A subgradient of it by one of `count` weights; 0 at the kink of |w|.
double penalty_slope(double weight, const study::Penalty& penalty, size_t count);

}  // namespace lorahub::objective
