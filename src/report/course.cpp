#include "report/course.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lorahub::report {

std::string name(Currency currency) {
  const char* names[] = {"evaluations", "rounds", "forwards"};
  return names[static_cast<size_t>(currency)];
}

std::string label(Currency currency) {
  const char* labels[] = {"evaluations (candidates)", "rounds (sequential steps)",
                          "example-forwards (candidate × example)"};
  return labels[static_cast<size_t>(currency)];
}

Course course(const store::Finding& trial, Currency currency) {
  Course c;
  double best = std::numeric_limits<double>::infinity();
  const store::Counts& counts = trial.row.counts;
  const double examples = counts.evaluations > 0 ? static_cast<double>(counts.example_forwards) /
                                                       static_cast<double>(counts.evaluations)
                                                 : 0;
  const double first_round = counts.probes > 0 ? 2 : 1;
  for (size_t i = 0; i < trial.losses.size(); ++i) {
    if (trial.losses[i] < best) best = trial.losses[i];
    const auto n = static_cast<double>(counts.probes + static_cast<long>(i) + 1);
    c.cost.push_back(currency == Currency::evaluations ? n
                     : currency == Currency::forwards  ? n * examples
                                                       : trial.generations[i] + first_round);
    c.best.push_back(best);
  }
  return c;
}

double best_within(const Course& course, double budget) {
  const auto end = std::ranges::upper_bound(course.cost, budget);
  if (end == course.cost.begin()) return std::numeric_limits<double>::quiet_NaN();
  return course.best[static_cast<size_t>(end - course.cost.begin()) - 1];
}

double cost_of(const Course& course, double target) {
  const auto found = std::ranges::lower_bound(course.best, target, std::greater<>());
  return found == course.best.end() ? std::numeric_limits<double>::infinity()
                                    : course.cost[static_cast<size_t>(found - course.best.begin())];
}

std::vector<const store::Finding*> trials(const Condition& condition) {
  std::vector<const store::Finding*> all;
  for (const auto& [task, points] : condition.tasks)
    for (const Point& p : points) all.push_back(p.trial);
  return all;
}

std::vector<double> logarithmic_grid(double last, int count) {
  std::vector<double> grid;
  for (int i = 0; i <= count; ++i) {
    const double x = std::round(std::pow(last, static_cast<double>(i) / count));
    if (grid.empty() || x > grid.back()) grid.push_back(x);
  }
  return grid;
}

}  // namespace lorahub::report
