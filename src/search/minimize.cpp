#include "search/minimize.hpp"

#include <cassert>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace lorahub::search {
namespace {

void note_best(const Generation& generation, Trace& trace) {
  for (int p = 0; p < generation.population.size(); ++p) {
    const double loss = generation.losses[static_cast<size_t>(p)];
    // Where no loss is a number, the first candidate stands for all.
    if (!(loss < trace.best_loss) && !trace.best.empty()) continue;
    const std::span<const double> weights = generation.population.row(p);
    trace.best.assign(weights.begin(), weights.end());
    if (loss < trace.best_loss) trace.best_loss = loss;
  }
}

}  // namespace

int Trace::evaluations() const {
  int sum = 0;
  for (const Generation& generation : generations) sum += generation.population.size();
  return sum;
}

Evaluate plus(Evaluate evaluate, Added added) {
  return [evaluate = std::move(evaluate), added = std::move(added)](const Population& population) {
    Evaluation found = evaluate(population);
    for (int p = 0; p < population.size(); ++p) {
      double& loss = found.losses[static_cast<size_t>(p)];
      if (std::isfinite(loss)) loss += added(population.row(p), loss);
    }
    return found;
  };
}

Trace minimize(Optimizer& optimizer, const Evaluate& evaluate, int budget, const Observer& observer,
               const Ends& ends) {
  Trace trace{.generations = {}, .best = {}, .best_loss = std::numeric_limits<double>::infinity()};
  for (int left = budget; left > 0;) {
    Population population = optimizer.ask();
    assert(population.size() > 0);
    const bool whole = population.size() <= left;
    if (!whole)
      population.weights.resize(static_cast<size_t>(left) * static_cast<size_t>(population.dim));
    left -= population.size();
    Evaluation found = evaluate(population);
    assert(static_cast<int>(found.losses.size()) == population.size());
    if (whole) optimizer.tell(found);
    trace.generations.push_back({.population = std::move(population),
                                 .losses = std::move(found.losses),
                                 .faults = std::move(found.faults),
                                 .gradient = std::move(found.gradient)});
    note_best(trace.generations.back(), trace);
    if (observer) observer(trace);
    if (ends && ends(trace)) break;
  }
  return trace;
}

}  // namespace lorahub::search
