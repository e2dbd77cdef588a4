// The loop of every search: ask, evaluate, tell, until the budget is spent. It knows no MPI and no
// LibTorch.
#pragma once
#include <functional>
#include <vector>

#include "search/optimizer.hpp"

namespace lorahub::search {

struct Generation {
  Population population;
  Losses losses;
  std::vector<Fault> faults;
  std::vector<double> gradient = {};  // as in Evaluation
};

struct Trace {
  std::vector<Generation> generations;
  std::vector<double> best;  // weights of the lowest loss seen, the first one among equals
  double best_loss = 0;
  int evaluations() const;
};

// Adds to each loss what `added` returns for that candidate, such as a term that another program
// computes. `added` is called in the order of the candidates, and not for one without a loss.
using Added = std::function<double(std::span<const double> weights, double loss)>;
Evaluate plus(Evaluate evaluate, Added added);

using Observer = std::function<void(const Trace&)>;  // after each generation

// Whether the search ends after the generations so far, although its budget is not spent.
using Ends = std::function<bool(const Trace&)>;

// `budget` evaluations, unless `ends` says that fewer will do: the last generation is cut short
// (its first candidates) and then not told.
Trace minimize(Optimizer& optimizer, const Evaluate& evaluate, int budget,
               const Observer& observer = {}, const Ends& ends = {});

}  // namespace lorahub::search
