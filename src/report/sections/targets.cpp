#include "report/sections/targets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "base/text.hpp"
#include "report/conditions.hpp"
#include "report/course.hpp"
#include "report/figures/plot.hpp"
#include "report/number_text.hpp"

namespace lorahub::report {
namespace {

using DrawnTask = std::tuple<std::string, int, int>;  // task, draw of modules, draw of shots

struct LossRange {
  double start = -std::numeric_limits<double>::infinity();
  double best = std::numeric_limits<double>::infinity();
};

std::map<DrawnTask, LossRange> ranges(const std::vector<const Condition*>& searches) {
  std::map<DrawnTask, LossRange> found;
  for (const Condition* c : searches)
    for (const auto& [task, points] : c->tasks)
      for (const Point& p : points) {
        const Course run = course(*p.trial, Currency::evaluations);
        if (run.best.empty() || !std::isfinite(run.best.back())) continue;
        LossRange& range = found[{task, p.draw[0], p.draw[1]}];
        if (std::isfinite(run.best.front())) range.start = std::max(range.start, run.best.front());
        range.best = std::min(range.best, run.best.back());
      }
  return found;
}

double share(const Reached& r, double budget) {
  double hits = 0, all = 0;
  for (const auto& costs : r.costs)
    for (const double cost : costs) {
      hits += cost <= budget ? 1 : 0;
      ++all;
    }
  return all > 0 ? hits / all : 0;
}

}  // namespace

std::vector<Reached> reached(const std::vector<const Condition*>& searches, Currency currency) {
  const std::map<DrawnTask, LossRange> problems = ranges(searches);
  std::vector<Reached> all;
  for (const Condition* c : searches) {
    Reached r{.condition = c};
    for (const auto& [task, points] : c->tasks)
      for (const Point& p : points) {
        const auto problem = problems.find({task, p.draw[0], p.draw[1]});
        if (problem == problems.end() || !(problem->second.start > problem->second.best)) continue;
        const auto [start, best] = problem->second;
        const Course run = course(*p.trial, currency);
        r.costs.emplace_back();
        for (int k = 1; k <= kTargets; ++k)
          r.costs.back().push_back(
              cost_of(run, k == kTargets ? best : start - (start - best) * k / kTargets));
        r.spent.push_back(run.cost.empty() ? 0 : run.cost.back());
      }
    all.push_back(std::move(r));
  }
  return all;
}

double expected_cost(const Reached& r, size_t target) {
  double spent = 0, times = 0;
  for (size_t i = 0; i < r.costs.size(); ++i) {
    const double cost = r.costs[i][target];
    spent += std::isfinite(cost) ? cost : r.spent[i];
    times += std::isfinite(cost) ? 1 : 0;
  }
  return times > 0 ? spent / times : std::numeric_limits<double>::infinity();
}

Figure target_figure(const Summary& summary, const std::vector<const Condition*>& searches,
                     Currency currency) {
  constexpr size_t kHalf = kTargets / 2 - 1, kNine = kTargets * 9 / 10 - 1;
  Plot plot{.title = base::format("Targets reached against {}: {}", name(currency), summary.study),
            .x = {.label = label(currency), .logarithmic = true},
            .y = {.label = "share of targets reached, 1", .range = {0, 1}},
            .shape = Shape::steps};
  Table table{.head = {"search", "trials", "targets reached", "expected cost of target 50 %",
                       "of target 90 %", "of the best loss known"}};
  double final = 1;
  const auto cost = [](double c) { return std::isfinite(c) ? count_text(c) : "never"; };
  for (const Reached& r : reached(searches, currency)) {
    if (r.costs.empty()) continue;
    const double last = *std::ranges::max_element(r.spent);
    final = std::max(final, last);
    Series series{.name = r.condition->name,
                  .style = r.condition->place,
                  .x = logarithmic_grid(last, kGridPoints)};
    for (const double x : series.x) series.y.push_back(share(r, x));
    table.rows.push_back({r.condition->name, base::format("{}", r.costs.size()),
                          base::format("{:.2f}", series.y.back()), cost(expected_cost(r, kHalf)),
                          cost(expected_cost(r, kNine)), cost(expected_cost(r, kTargets - 1))});
    plot.series.push_back(std::move(series));
  }
  plot.x.range = {1, std::max(2.0, final)};
  const std::string file = figure_name(summary, "targets-" + name(currency));
  return {.name = file,
          .title = "Targets reached against " + name(currency),
          .caption = base::format(
              "Of each problem (task, shots, modules), {} targets between the highest first loss "
              "and the least loss that any search found; share reached by then. Expected cost: "
              "spent in all trials for each time the target was reached.",
              kTargets),
          .svg = draw(plot, file),
          .narrow_svg = draw(plot, file, FigureWidth::phone),
          .table = std::move(table)};
}

}  // namespace lorahub::report
