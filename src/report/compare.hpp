// Paired comparisons: two conditions on the same tasks and the same draws.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "report/statistics/rank_tests.hpp"
#include "report/summary.hpp"

namespace lorahub::report {

using FindingValue = std::function<double(const store::Finding&)>;
double accuracy(const store::Finding& trial);

// Pairs of trials of the two sides, on tasks that both have, with the same draws. Where a side does
// not read a kind of draw, its trial goes with each of the other side's.
struct Pairing {
  std::vector<std::string> tasks;
  std::vector<std::vector<std::pair<Point, Point>>> pairs;  // by task
};
Pairing pair_up(const Condition& first, const Condition& second);
// First minus second, one stratum a task; pairs without a finite difference are left out.
std::vector<Stratum> differences(const Pairing& pairing, const FindingValue& value);

// A paired difference, tasks weighing the same.
struct Effect {
  Interval difference;   // new draws for these tasks
  Interval whole_draws;  // the same, resampling draws of modules that tasks share as a whole
  bool has_whole_draws = false;
};
Effect effect(const std::vector<Stratum>& differences);  // strata may not be empty

struct Comparison : Effect {  // of accuracies, points
  const Condition* first = nullptr;
  const Condition* second = nullptr;
  size_t pairs = 0;
  std::vector<double> by_task;  // mean differences
  Interval improvement;         // probability that the first has the higher accuracy
  SignedRank test;              // over tasks
  double p_holm = 1;            // corrected over the comparisons made together
};
// Pairs of conditions without a common task and draw are left out.
std::vector<Comparison> compare(
    const std::vector<std::pair<const Condition*, const Condition*>>& conditions);

// The condition of `method` to compare `condition` with: it has the same model, modules, rank,
// shots and so on where both read them, and as far as possible the same search. Null where there is
// none.
const Condition* control(const Summary& summary, const Condition& condition,
                         const std::string& method);

enum class Verdict { better, worse, open };
Verdict verdict(const Interval& difference);  // better: above zero; open for one draw
Verdict verdict(const Effect& effect);        // open where the two intervals disagree

}  // namespace lorahub::report
