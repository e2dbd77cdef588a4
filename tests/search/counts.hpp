// Evaluations that CMA-ES takes to a target: the acceptance runs of the literature.
#pragma once
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "functions.hpp"
#include "search/cma.hpp"

namespace lorahub::search {

struct Race {
  std::string name;
  Function function;
  double mean, sigma;
  int reference;  // median of 31 runs of the Python package cmaes 0.13.1, default population
};

// Until the first candidate with f <= 1e-9.
inline int evaluations_to_target(const Race& race, int dim, uint64_t seed) {
  constexpr double kTarget = 1e-9;
  constexpr int kGiveUp = 200'000;
  const int population = 4 + static_cast<int>(3 * std::log(dim));
  Cma cma({.mean = std::vector<double>(static_cast<size_t>(dim), race.mean),
           .sigma = race.sigma,
           .population = population},
          base::Stream(seed, "search"));
  for (int evaluations = 0; evaluations < kGiveUp; evaluations += population) {
    const Losses losses = each(race.function)(cma.ask()).losses;
    for (int p = 0; p < population; ++p)
      if (losses[static_cast<size_t>(p)] <= kTarget) return evaluations + p + 1;
    cma.tell(losses);
  }
  return std::numeric_limits<int>::max();
}

inline int median_evaluations(const Race& race, int dim) {
  constexpr int kRuns = 31;
  std::vector<int> counts;
  for (int run = 1; run <= kRuns; ++run)
    counts.push_back(evaluations_to_target(race, dim, static_cast<uint64_t>(run)));
  std::nth_element(counts.begin(), counts.begin() + kRuns / 2, counts.end());
  return counts[kRuns / 2];
}

}  // namespace lorahub::search
