// Sums of cross entropies -> losses: the kinds of loss and of penalty, each in one place. Host
// arithmetic in double, in a fixed order.
//
// A loss that reads answers is, over K shots,
//   (sum_k s_k + t L / (1 + L)) / K,    L = official loss + penalty,
// where s_k is the error of the greedy answer of shot k, from 0 to 1: for `accuracy` 0 for a hit
// and 1 for a miss, with t = 1; for `similarity` 1 - chrF / 100, with t = 0.01. The second term is
// less than t / K, so that it breaks ties: five shots have six accuracies, and a search that saw
// nothing else would stand on a plateau. Candidates of equal accuracy are in the order of L,
// exactly, which is all that CMA-ES reads; of a difference in similarity it can only undo less than
// a point of chrF on one shot. COBYLA reads values, and t = 1 lets it see L with the largest slope
// that keeps this order. The penalty is within L: outside it, a large enough weight would buy off a
// right answer.
#pragma once
#include <span>
#include <vector>

#include "search/population.hpp"
#include "study/choices.hpp"

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

// Returns how many numbers the loss needs of each shot: its cross entropy, and the error of its
// answer where the loss reads answers; none where a program is asked.
int numbers_per_shot(study::LossKind kind);

// `sums`: cross entropies [P, K], or for a loss that reads answers these and then the errors of the
// answers, [P, 2 K]; `tokens` of each example's target, [K].
search::Losses reduce(const search::Sums& sums, std::span<const int> tokens,
                      const search::Population& population, const LossRule& rule);

double penalty(std::span<const double> weights, const study::Penalty& penalty);
// A subgradient of the penalty by one weight of `count`; 0 at the kink of |w|.
double penalty_slope(double weight, const study::Penalty& penalty, size_t count);

}  // namespace lorahub::objective
