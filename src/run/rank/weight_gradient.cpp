#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "base/signals.hpp"
#include "plan/learning_rate.hpp"
#include "run/rank/training.hpp"
#include "train/mixing.hpp"

namespace lorahub::run {
namespace {

// Data term of the trial's loss at the weights, and its gradient.
train::Mixing::Slope slope(const TrainingInputs& bench, const train::Mixing& mixing) {
  const auto& pairs = bench.brief.pairs;
  const auto count = static_cast<double>(pairs.size());
  const int threads = bench.machine.threads;
  const study::LossKind kind = bench.brief.trial.loss;
  train::Mixing::Slope all{.gradient =
                               std::vector<double>(static_cast<size_t>(bench.pool->size()))};
  const auto add = [&](std::span<const model::Tokens> some, double factor) {
    const train::Mixing::Slope part = mixing.slope(some, threads);
    all.loss += factor * part.loss;
    for (size_t i = 0; i < all.gradient.size(); ++i) all.gradient[i] += factor * part.gradient[i];
  };
  if (kind == study::LossKind::example_mean)
    for (const model::Tokens& pair : pairs) add(std::span(&pair, 1), 1 / count);
  else
    add(pairs, kind == study::LossKind::official ? 1 / count : 1);
  return all;
}

// A subgradient of the penalty; 0 at the kink of |w|.
double penalty_slope(double w, const study::Penalty& penalty, size_t n) {
  const double sign = w > 0 ? 1 : w < 0 ? -1 : 0;
  switch (penalty.kind) {
    case study::PenaltyKind::l1_mean:
      return penalty.weight * sign / static_cast<double>(n);
    case study::PenaltyKind::l1_sum:
      return penalty.weight * sign;
    case study::PenaltyKind::l2:
      return 2 * penalty.weight * w;
    case study::PenaltyKind::none:
      break;
  }
  return 0;
}

}  // namespace

// Adam on all shots, each step projected into the box; the best point seen wins, as in a search.
// The losses are those at the points from which the steps start.
MethodResult gradient(const TrainingInputs& bench) {
  const study::Trial& trial = bench.brief.trial;
  const auto n = static_cast<size_t>(bench.pool->size());
  train::Mixing mixing(bench.machine.model, {.pool = *bench.pool, .composition = trial.composition},
                       std::vector<double>(n, trial.train.start));
  const train::Rate rate{.peak = plan::learning_rate(trial), .steps = trial.train.epochs};
  MethodResult choice{.loss = std::numeric_limits<double>::infinity()};
  for (int64_t step = 0; step < rate.steps; ++step) {
    const std::vector<double> w = mixing.weights();
    train::Mixing::Slope here = slope(bench, mixing);
    const double loss = here.loss + objective::penalty(w, trial.penalty);
    choice.generations.push_back(
        {.population = {.dim = static_cast<int>(n), .weights = w}, .losses = {loss}});
    if (loss < choice.loss) {
      choice.loss = loss;
      choice.weights = w;
    }
    for (size_t i = 0; i < n; ++i) here.gradient[i] += penalty_slope(w[i], trial.penalty, n);
    mixing.step(here.gradient, train::rate_at(rate, step), trial.search.bound);
    base::throw_if_signalled();
  }
  base::check(!choice.weights.empty(),
              "no step of the gradient had a finite loss, check the modules");
  choice.steps = rate.steps;
  choice.backwards = static_cast<long>(bench.brief.pairs.size()) * rate.steps;
  return choice;
}

}  // namespace lorahub::run
