// The loop: ask, evaluate, tell, until the budget is spent. Knows no MPI and no LibTorch.
#pragma once
#include <functional>
#include <vector>

#include "search/optimizer.hpp"

namespace lorahub::search {

struct Generation {
  Population population;
  Losses losses;
  std::vector<Fault> faults;
};

struct Trace {
  std::vector<Generation> generations;
  std::vector<double> best;  // weights of the lowest loss seen, the first one among equals
  double best_loss = 0;
  int evaluations() const;
};

// The losses and, of each candidate in its order, what `added` says: a term that another program
// computes, say. Not asked for a candidate without a loss.
using Added = std::function<double(std::span<const double> weights, double loss)>;
Evaluate plus(Evaluate evaluate, Added added);

using Observer = std::function<void(const Trace&)>;  // after each generation

// `budget` evaluations exactly: the last generation is cut short (its first candidates) and then
// not told.
Trace minimize(Optimizer& optimizer, const Evaluate& evaluate, int budget,
               const Observer& observer = {});

}  // namespace lorahub::search
