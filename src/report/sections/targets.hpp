// Targets reached by searches (after COCO: Hansen et al., 2021): of each problem (task, shots,
// modules), losses between where the searches started and the best that any of them found.
#pragma once
#include <vector>

#include "report/course.hpp"
#include "report/report_document.hpp"

namespace lorahub::report {

inline constexpr int kTargets = 20;  // start - f (start - best), f = 1/20, 2/20, ... 1

// Cost at which each target of each trial was reached, infinity where it was not.
struct Reached {
  const Condition* condition = nullptr;
  std::vector<std::vector<double>> costs;  // [trial][target]
  std::vector<double> spent;               // [trial] in all
};
std::vector<Reached> reached(const std::vector<const Condition*>& searches, Currency currency);

// Expected running time: what was spent in all trials until the target, for each time it was
// reached. Infinity when it never was.
double expected_cost(const Reached& reached, size_t target);

// Share of targets reached against the cost.
Figure target_figure(const Summary& summary, const std::vector<const Condition*>& searches,
                     Currency currency);

}  // namespace lorahub::report
