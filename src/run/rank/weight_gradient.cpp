#include <algorithm>
#include <cmath>
#include <optional>

#include "base/check.hpp"
#include "base/signals.hpp"
#include "plan/learning_rate.hpp"
#include "run/rank/training.hpp"
#include "search/bfgs.hpp"
#include "train/mixing.hpp"

namespace lorahub::run {
namespace {

// Computes the data term of the trial's loss at the current weights, and its gradient.
train::Mixing::Slope slope(const TrainingInputs& inputs, const train::Mixing& mixing) {
  const auto& pairs = inputs.inputs.pairs;
  const int threads = inputs.loaded.threads;
  train::Mixing::Slope all{.gradient =
                               std::vector<double>(static_cast<size_t>(inputs.pool->size()))};
  const objective::LossParts parts =
      objective::loss_parts({.kind = inputs.inputs.trial.loss}, pairs.size());
  const double factor = 1 / parts.divisor;
  for (const auto& [first, count] : parts.runs) {
    const train::Mixing::Slope part = mixing.slope(std::span(pairs).subspan(first, count), threads);
    all.loss += factor * part.loss;
    for (size_t i = 0; i < all.gradient.size(); ++i) all.gradient[i] += factor * part.gradient[i];
  }
  return all;
}

// The steps that the trial's knob train.descent names, each into the box.
class Descent {
 public:
  Descent(const study::Trial& trial, train::Mixing& mixing)
      : bound_(trial.search.bound),
        rate_{.peak = plan::learning_rate(trial), .steps = trial.train.epochs},
        mixing_(mixing) {
    if (trial.train.descent == study::Descent::bfgs) bfgs_.emplace(mixing.weights(), bound_);
  }

  void step(double loss, const std::vector<double>& gradient) {
    if (bfgs_) {
      bfgs_->tell(loss, gradient);
      mixing_.set(bfgs_->point());
    } else {
      mixing_.step(gradient, train::rate_at(rate_, steps_++), bound_);
    }
  }

 private:
  double bound_;
  train::Rate rate_;
  int64_t steps_ = 0;
  train::Mixing& mixing_;
  std::optional<search::Bfgs> bfgs_;
};

}  // namespace

// Each step is on all shots; the best point seen wins, as in a search. The losses are those at the
// points from which the steps start.
MethodResult gradient(const TrainingInputs& inputs) {
  const study::Trial& trial = inputs.inputs.trial;
  const auto n = static_cast<size_t>(inputs.pool->size());
  train::Mixing mixing(inputs.loaded.model,
                       {.pool = *inputs.pool, .composition = trial.composition},
                       std::vector<double>(n, trial.train.start));
  Descent descent(trial, mixing);
  MethodResult choice{.loss = std::numeric_limits<double>::infinity()};
  for (int64_t step = 0; step < trial.train.epochs; ++step) {
    const std::vector<double> w = mixing.weights();
    train::Mixing::Slope here = slope(inputs, mixing);
    const double loss = here.loss + objective::penalty(w, trial.penalty);
    choice.generations.push_back(
        {.population = {.dim = static_cast<int>(n), .weights = w}, .losses = {loss}});
    if (loss < choice.loss) {
      choice.loss = loss;
      choice.weights = w;
    }
    for (size_t i = 0; i < n; ++i)
      here.gradient[i] += objective::penalty_slope(w[i], trial.penalty, n);
    descent.step(loss, here.gradient);
    base::throw_if_signalled();
  }
  base::check(!choice.weights.empty(),
              "no step of the gradient had a finite loss, check the modules");
  choice.steps = trial.train.epochs;
  choice.backwards = static_cast<long>(inputs.inputs.pairs.size()) * choice.steps;
  return choice;
}

}  // namespace lorahub::run
