#include "report/figures/forest.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "report/conditions.hpp"
#include "report/figures/plot.hpp"
#include "report/number_text.hpp"
#include "report/roles.hpp"
#include "report/statistics/aggregate.hpp"
#include "report/statistics/paired_rows.hpp"

namespace lorahub::report {
namespace {

// The hits of a trial by test row.
std::map<int, int> hits(const store::Finding& trial) {
  std::map<int, int> found;
  for (size_t i = 0; i < trial.test_rows.size(); ++i)
    found[trial.test_rows[i]] = trial.hits[i] != 0 ? 1 : 0;
  return found;
}

// [draw][row] differences of hits on the rows that every trial answered.
std::vector<std::vector<int>> row_differences(const std::vector<std::pair<Point, Point>>& pairs) {
  std::vector<std::map<int, int>> all;
  std::map<int, size_t> answered;
  for (const auto& [a, b] : pairs) {
    const std::map<int, int> first = hits(*a.trial), second = hits(*b.trial);
    all.emplace_back();
    for (const auto& [row, hit] : first)
      if (const auto other = second.find(row); other != second.end()) {
        all.back()[row] = hit - other->second;
        ++answered[row];
      }
  }
  std::vector<std::vector<int>> table(pairs.size());
  for (const auto& [row, times] : answered)
    for (size_t d = 0; d < pairs.size() && times == pairs.size(); ++d)
      table[d].push_back(all[d].at(row));
  return table;
}

struct TaskEffect {
  bool known = false;
  Interval difference;  // points, over rows and draws
  double p = 1;         // McNemar, a row counts for the side that has it right in more draws
};

TaskEffect effect(const std::vector<std::pair<Point, Point>>& pairs, PairedBootstrap& interval) {
  const auto table = row_differences(pairs);
  if (table.empty() || table[0].empty()) return {};
  long first = 0, second = 0;
  for (size_t row = 0; row < table[0].size(); ++row) {
    int sum = 0;
    for (const auto& draw : table) sum += draw[row];
    first += sum > 0 ? 1 : 0;
    second += sum < 0 ? 1 : 0;
  }
  return {.known = true, .difference = interval(table), .p = mcnemar(first, second)};
}

std::map<std::string, TaskEffect> effects(const Pairing& pairing, PairedBootstrap& interval) {
  std::map<std::string, TaskEffect> found;
  for (size_t t = 0; t < pairing.tasks.size(); ++t)
    found[pairing.tasks[t]] = effect(pairing.pairs[t], interval);
  return found;
}

// One column a condition, each against its control of `method`.
struct ForestColumn {
  const Condition* condition = nullptr;
  const Condition* other = nullptr;
  std::map<std::string, TaskEffect> tasks;
};

std::vector<ForestColumn> columns(const Summary& summary,
                                  const std::vector<const Condition*>& conditions,
                                  const std::string& method) {
  std::vector<ForestColumn> found;
  PairedBootstrap interval;
  for (const Condition* c : conditions)
    if (const Condition* other = control(summary, *c, method))
      found.push_back(
          {.condition = c, .other = other, .tasks = effects(pair_up(*c, *other), interval)});
  return found;
}

// Its cells are such as "+12.5 [+3.0, +20.1] (rows: p = 0.004)", with Holm's correction over the
// table.
Table task_table(const Summary& summary, const std::vector<ForestColumn>& columns) {
  Table table{.head = {"task"}};
  std::vector<double> p;
  for (const ForestColumn& column : columns) {
    table.head.push_back(column.condition->name);
    for (const auto& [task, effect] : column.tasks)
      if (effect.known) p.push_back(effect.p);
  }
  for (const std::string& task : summary.tasks) table.rows.push_back({task});
  const std::vector<double> corrected = holm(p);
  size_t next = 0;
  for (const ForestColumn& column : columns) {
    std::map<std::string, std::string> cells;
    for (const auto& [task, effect] : column.tasks)
      if (effect.known)
        cells[task] = base::format("{} (rows: {})", signed_text(effect.difference),
                                   p_text(corrected[next++]));
    for (Cells& row : table.rows) row.push_back(cells.contains(row[0]) ? cells[row[0]] : "–");
  }
  return table;
}

// The range of an axis, with a margin so that no mark lies on the frame.
std::vector<double> range_of(const std::vector<Series>& all) {
  double low = 0, high = 0;
  for (const Series& s : all) {
    for (const double v : s.low) low = std::min(low, v);
    for (const double v : s.high) high = std::max(high, v);
  }
  const double margin = std::max(1.0, 0.04 * (high - low));
  return {low - margin, high + margin};
}

}  // namespace

Figure forest(const Summary& summary) {
  const std::string base = word_of(study::ReportRole::base);
  std::vector<const Condition*> all;
  for (const Condition& c : summary.conditions)
    if (role_of(c.method) != study::ReportRole::base && control(summary, c, base) != nullptr)
      all.push_back(&c);
  const std::vector<ForestColumn> found = columns(summary, shown(all), base);
  const auto places = static_cast<double>(summary.tasks.size() + 1);
  const double step = 0.8 / static_cast<double>(found.size());
  Plot plot{
      .title = base::format("Difference to {}: {}", base, summary.study),
      .x = {.label = "difference of accuracy, percentage points"},
      .y = {.label = "task", .range = {places + 0.5, 0.5}},
      .shape = Shape::forest,
      .guides = {0},
      .height = 120 + static_cast<int>(places) * std::max(22, 9 * static_cast<int>(found.size()))};
  for (size_t t = 0; t < summary.tasks.size(); ++t)
    plot.y.places.emplace_back(summary.tasks[t], static_cast<double>(t + 1));
  Table table = task_table(summary, found);
  table.rows.push_back({"pooled"});
  for (size_t c = 0; c < found.size(); ++c) {
    Series series{.name = found[c].condition->name, .style = found[c].condition->place};
    const auto add = [&](const Interval& i, double place) {
      series.x.push_back(i.value);
      series.low.push_back(i.low);
      series.high.push_back(i.high);
      series.y.push_back(place - 0.4 + step * (static_cast<double>(c) + 0.5));
    };
    for (const auto& [task, place] : plot.y.places)
      if (const auto effect = found[c].tasks.find(task);
          effect != found[c].tasks.end() && effect->second.known)
        add(effect->second.difference, place);
    const auto strata = differences(pair_up(*found[c].condition, *found[c].other), accuracy);
    table.rows.back().push_back("–");
    if (!strata.empty()) {
      const Interval pooled = bootstrap(strata, mean_of_means);
      add(pooled, places);
      table.rows.back().back() = signed_text(pooled);
    }
    plot.series.push_back(std::move(series));
  }
  plot.y.places.emplace_back("pooled", places);
  plot.x.range = range_of(plot.series);
  const std::string name = figure_name(summary, "forest");
  return {.name = name,
          .title = "Differences to zero-shot, by task and pooled",
          .caption = std::string(kTaskNote) +
                     " Pooled: draws resampled within tasks, which all weigh the same." +
                     left_out(all),
          .svg = draw(plot, name),
          .narrow_svg = draw(plot, name, FigureWidth::phone),
          .table = std::move(table)};
}

std::optional<Table> by_task(const Summary& summary) {
  const std::string single = word_of(study::ReportRole::best_module);
  const std::vector<ForestColumn> found = columns(summary, shown(compositions(summary)), single);
  if (found.empty()) return std::nullopt;
  Table table = task_table(summary, found);
  table.title = base::format("Against {} on each task, points [95 %]", single);
  return table;
}

}  // namespace lorahub::report
