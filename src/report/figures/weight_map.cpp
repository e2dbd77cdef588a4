#include "report/figures/weight_map.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/text.hpp"
#include "report/conditions.hpp"
#include "report/course.hpp"
#include "report/figures/plot.hpp"
#include "report/number_text.hpp"

namespace lorahub::report {
namespace {

constexpr size_t kMostModules = 40, kManyTasks = 16;

struct WeightSum {
  double weight = 0, times = 0;
};
using Map = std::map<std::string, std::map<std::string, WeightSum>>;  // by module, by task

// The factor form does not tell w from -w: the sign with the larger sum is taken.
double sign(const store::Finding& trial, const Condition& condition) {
  if (knob(condition.knobs, "composition") != "factor") return 1;
  double sum = 0;
  for (const auto& [module, weight] : trial.weights) sum += weight;
  return sum < 0 ? -1 : 1;
}

Map collect(const Summary& summary) {
  Map map;
  for (const Condition* c : compositions(summary))
    for (const auto& [task, points] : c->tasks)
      for (const Point& p : points) {
        const double s = sign(*p.trial, *c);
        for (const auto& [module, weight] : p.trial->weights) {
          WeightSum& sum = map[module][task];
          sum.weight += s * weight;
          ++sum.times;
        }
      }
  return map;
}

double strength(const std::map<std::string, WeightSum>& tasks) {
  double sum = 0;
  for (const auto& [task, s] : tasks) sum += std::abs(s.weight / s.times);
  return sum / static_cast<double>(tasks.size());
}

std::vector<std::string> strongest(const Map& map) {
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [module, tasks] : map) order.emplace_back(-strength(tasks), module);
  std::ranges::sort(order);
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min(kMostModules, order.size()); ++i)
    names.push_back(order[i].second);
  return names;
}

Table numbers(const PlotMatrix& matrix, const Map& map) {
  Table table{.head = {"module", "trials"}};
  for (const std::string& task : matrix.columns) table.head.push_back(task);
  for (size_t r = 0; r < matrix.rows.size(); ++r) {
    double times = 0;
    for (const auto& [task, sum] : map.at(matrix.rows[r])) times += sum.times;
    table.rows.push_back({matrix.rows[r], base::format("{:.0f}", times)});
    for (const double value : matrix.values[r]) table.rows.back().push_back(or_dash(value, 2));
  }
  return table;
}

}  // namespace

std::optional<Figure> weight_map(const Summary& summary) {
  const Map map = collect(summary);
  if (map.empty()) return std::nullopt;
  PlotMatrix matrix{.title = "Mean weight of a module on a task: " + summary.study,
                    .x_label = "task",
                    .y_label = "module",
                    .colour_label = "mean weight, 1",
                    .columns = summary.tasks,
                    .rows = strongest(map),
                    .decimals = summary.tasks.size() > kManyTasks ? 1 : 2};
  double largest = 0;
  for (const std::string& module : matrix.rows) {
    matrix.values.emplace_back();
    for (const std::string& task : summary.tasks) {
      const auto found = map.at(module).find(task);
      const bool known = found != map.at(module).end();
      matrix.values.back().push_back(known ? found->second.weight / found->second.times
                                           : std::nan(""));
      if (known) largest = std::max(largest, std::abs(matrix.values.back().back()));
    }
  }
  largest = std::max(0.1, std::ceil(10 * largest) / 10);
  matrix.range = {-largest, 0, largest};
  arrange(matrix);
  const std::string file = figure_name(summary, "weights");
  std::string caption =
      "Mean over the trials of all compositions that had the module in their "
      "draw; modules and tasks stand beside those with like weights (average "
      "linkage). The factor form does not tell w from −w: signs are chosen so that the weights of "
      "a trial add up to more than zero.";
  if (map.size() > matrix.rows.size())
    caption += base::format(" {} of {} modules.", matrix.rows.size(), map.size());
  return Figure{.name = file,
                .title = "Which module helps what: mean weights",
                .caption = caption,
                .svg = draw(matrix, file),
                .narrow_svg = draw(matrix, file, FigureWidth::phone),
                .table = numbers(matrix, map)};
}

}  // namespace lorahub::report
