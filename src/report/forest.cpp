#include "report/forest.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "report/aggregate.hpp"
#include "report/paired_rows.hpp"
#include "report/plot.hpp"
#include "report/sections.hpp"
#include "report/words.hpp"

namespace lorahub::report {
namespace {

// Hits by test row.
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

TaskEffect effect(const std::vector<std::pair<Point, Point>>& pairs) {
  const auto table = row_differences(pairs);
  if (table.empty() || table[0].empty()) return {};
  long first = 0, second = 0;
  for (size_t row = 0; row < table[0].size(); ++row) {
    int sum = 0;
    for (const auto& draw : table) sum += draw[row];
    first += sum > 0 ? 1 : 0;
    second += sum < 0 ? 1 : 0;
  }
  return {.known = true, .difference = paired_bootstrap(table), .p = mcnemar(first, second)};
}

std::map<std::string, TaskEffect> effects(const Condition& a, const Condition& b) {
  const Pairing pairing = pair_up(a, b);
  std::map<std::string, TaskEffect> found;
  for (size_t t = 0; t < pairing.tasks.size(); ++t)
    found[pairing.tasks[t]] = effect(pairing.pairs[t]);
  return found;
}

Table against_method(const Summary& summary, const std::string& method) {
  Table table{
      .title = base::format(
          "Against {} on each task, points: interval over rows and draws (McNemar, Holm)", method),
      .head = {"task"}};
  std::vector<std::map<std::string, TaskEffect>> columns;
  std::vector<double> p;
  for (const Condition* c : shown(compositions(summary)))
    if (const Condition* other = control(summary, *c, method)) {
      table.head.push_back(c->name);
      columns.push_back(effects(*c, *other));
    }
  for (const std::string& task : summary.tasks)
    for (const auto& column : columns)
      if (const auto found = column.find(task); found != column.end() && found->second.known)
        p.push_back(found->second.p);
  const std::vector<double> corrected = holm(p);
  size_t next = 0;
  for (const std::string& task : summary.tasks) {
    table.rows.push_back({task});
    for (const auto& column : columns) {
      const auto found = column.find(task);
      const bool known = found != column.end() && found->second.known;
      table.rows.back().push_back(known ? base::format("{} ({})",
                                                       signed_text(found->second.difference),
                                                       p_text(corrected[next++]))
                                        : "–");
    }
  }
  return p.empty() ? Table{} : table;
}

}  // namespace

Figure forest(const Summary& summary) {
  std::vector<const Condition*> conditions;
  for (const Condition& c : summary.conditions)
    if (c.method != "zero_shot" && control(summary, c, "zero_shot") != nullptr)
      conditions.push_back(&c);
  conditions = shown(conditions);
  const auto places = static_cast<double>(summary.tasks.size() + 1);
  const double step = 0.8 / static_cast<double>(conditions.size());
  Plot plot{.title = "Difference to zero_shot: " + summary.study,
            .x = {.label = "difference of accuracy, percentage points"},
            .y = {.label = "task", .range = {places + 0.5, 0.5}},
            .shape = Shape::forest,
            .guides = {0},
            .height = 120 + static_cast<int>(places) *
                                std::max(22, 9 * static_cast<int>(conditions.size()))};
  Table table{.head = {"task"}};
  for (size_t t = 0; t < summary.tasks.size(); ++t)
    plot.y.places.emplace_back(summary.tasks[t], static_cast<double>(t + 1));
  plot.y.places.emplace_back("pooled", places);
  for (const auto& [name, place] : plot.y.places) table.rows.push_back({name});
  for (size_t c = 0; c < conditions.size(); ++c) {
    const Condition& zero = *control(summary, *conditions[c], "zero_shot");
    Series series{.name = conditions[c]->name, .style = conditions[c]->place};
    table.head.push_back(conditions[c]->name);
    auto by_task = effects(*conditions[c], zero);
    const auto strata = differences(pair_up(*conditions[c], zero), accuracy);
    if (!strata.empty())
      by_task["pooled"] = {.known = true, .difference = bootstrap(strata, mean_of_means)};
    for (size_t i = 0; i < plot.y.places.size(); ++i) {
      const auto& [name, place] = plot.y.places[i];
      const auto found = by_task.find(name);
      const bool known = found != by_task.end() && found->second.known;
      table.rows[i].push_back(known ? signed_text(found->second.difference) : "–");
      if (!known) continue;
      series.x.push_back(found->second.difference.value);
      series.low.push_back(found->second.difference.low);
      series.high.push_back(found->second.difference.high);
      series.y.push_back(place - 0.4 + step * (static_cast<double>(c) + 0.5));
    }
    plot.series.push_back(std::move(series));
  }
  const std::string name = figure_name(summary, "forest");
  return {.name = name,
          .title = "Differences to zero-shot, by task and pooled",
          .caption =
              "95 % intervals. A task: its test rows and the draws resampled. Pooled: draws "
              "resampled within tasks, which all weigh the same.",
          .svg = draw(plot, name),
          .table = std::move(table)};
}

std::vector<Table> by_task(const Summary& summary) {
  std::vector<Table> tables;
  for (const char* method : {"best_single", "zero_shot"})
    if (Table table = against_method(summary, method); !table.head.empty())
      tables.push_back(std::move(table));
  return tables;
}

}  // namespace lorahub::report
