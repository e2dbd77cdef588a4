#include "report/sections/noise.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.hpp"
#include "report/statistics/aggregate.hpp"

namespace lorahub::report {
namespace {

// Accuracies of trials that differ in the search seed alone, a group each.
Samples same_but_seed(const Condition& condition) {
  Samples groups;
  for (const auto& [task, points] : condition.tasks) {
    std::map<std::pair<int, int>, std::vector<double>> by_draw;
    for (const Point& p : points)
      if (p.draw[2] != 0) by_draw[{p.draw[0], p.draw[1]}].push_back(p.trial->row.accuracy);
    for (auto& [draw, values] : by_draw)
      if (values.size() > 1) groups.push_back(std::move(values));
  }
  return groups;
}

// Standard deviation within groups, with the degrees of freedom of each.
double within(const Samples& groups) {
  double squares = 0, degrees = 0;
  for (const auto& values : groups) {
    const double sd = standard_deviation(values), n = static_cast<double>(values.size()) - 1;
    squares += n * sd * sd;
    degrees += n;
  }
  return std::sqrt(squares / degrees);
}

Text rows_text(const Summary& summary) {
  std::vector<double> rows, errors;
  for (const Condition& c : summary.conditions)
    for (const auto& [task, points] : c.tasks)
      for (const Point& p : points) {
        rows.push_back(p.trial->row.test_rows);
        errors.push_back(standard_error(p.trial->row.accuracy, p.trial->row.test_rows));
      }
  const double typical = median(rows);
  return {
      .text = base::format(
          "One task has {:.0f} test rows (median), so one accuracy has a standard error of up "
          "to {:.1f} points from the rows alone (here {:.1f} at most); a difference of two such "
          "accuracies below about {:.0f} points on one task is noise unless the same rows are "
          "compared.",
          typical, standard_error(50, typical), *std::ranges::max_element(errors),
          std::ceil(1.96 * std::sqrt(2.0) * standard_error(50, typical)))};
}

}  // namespace

std::vector<DocumentBlock> noise(const Summary& summary) {
  std::vector<DocumentBlock> blocks{rows_text(summary)};
  Table table{.title = "Noise floor: equal trials that differ in the search seed",
              .head = {"condition", "groups", "trials", "standard deviation, points",
                       "two trials differ by up to (95 %), points"}};
  for (const Condition& c : summary.conditions) {
    const Samples groups = same_but_seed(c);
    if (groups.empty()) continue;
    size_t trials = 0;
    for (const auto& values : groups) trials += values.size();
    const double sd = within(groups);
    table.rows.push_back({c.name, base::format("{}", groups.size()), base::format("{}", trials),
                          base::format("{:.1f}", sd),
                          base::format("{:.1f}", 1.96 * std::sqrt(2.0) * sd)});
  }
  if (table.rows.empty())
    blocks.emplace_back(
        Text{.text = "No trial was run twice with the same modules and shots and another search "
                     "seed, so this study cannot say how far two searches of one problem differ.",
             .role = Text::Role::note});
  else
    blocks.emplace_back(std::move(table));
  return blocks;
}

}  // namespace lorahub::report
