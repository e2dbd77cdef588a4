#include "report/summary.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace lorahub::report {
namespace {

std::string knob(const store::Row& row, const std::string& name) {
  const auto found = row.knobs.find(name);
  return found == row.knobs.end() ? "" : found->second;
}

// Knobs that tell conditions apart: they take several values among the rows that read them.
std::vector<std::string> varied(const std::vector<const store::Row*>& rows) {
  std::map<std::string, std::set<std::string>> values;
  for (const store::Row* row : rows)
    for (const auto& [name, value] : row->knobs)
      if (!value.empty()) values[name].insert(value);
  std::vector<std::string> names;
  for (const auto& [name, seen] : values)
    if (seen.size() > 1 && name != "method" && name != "task" && name != "shots" && !name.starts_with("seed."))
      names.push_back(name);
  return names;
}

std::string condition_name(const store::Row& row, const std::vector<std::string>& names) {
  std::string text = knob(row, "method");
  for (const std::string& name : names)
    if (!knob(row, name).empty()) text += base::format(" {}={}", name, knob(row, name));
  return text;
}

std::vector<std::vector<double>> strata(const Condition& condition) {
  std::vector<std::vector<double>> result;
  for (const auto& [task, values] : condition.accuracy) result.push_back(values);
  return result;
}

// The base model's accuracy is one number a task, so its difference keeps the draws of the other side.
void compare(Condition& condition, const Condition& base) {
  std::vector<std::vector<double>> differences;
  for (const auto& [task, values] : condition.accuracy) {
    const auto reference = base.accuracy.find(task);
    if (reference == base.accuracy.end()) continue;
    differences.push_back(values);
    for (double& value : differences.back()) value -= mean(reference->second);
  }
  condition.has_difference = !differences.empty();
  if (condition.has_difference) condition.difference = stratified_bootstrap(differences);
}

void add(Condition& condition, const store::Row& row) {
  condition.accuracy[knob(row, "task")].push_back(row.accuracy);
  condition.evaluations += static_cast<double>(row.counts.evaluations);
  condition.tokens += static_cast<double>(row.counts.search_tokens + row.counts.answer_tokens);
  condition.seconds += row.timing.search + row.timing.answer;
}

void finish(Condition& condition) {
  double trials = 0;
  for (const auto& [task, values] : condition.accuracy) trials += static_cast<double>(values.size());
  condition.evaluations /= trials;
  condition.tokens /= trials;
  condition.seconds /= trials;
  condition.pooled = stratified_bootstrap(strata(condition));
}

}  // namespace

Summary summarise(const std::vector<store::Results>& shards) {
  Summary summary{.study = shards.at(0).study, .question = shards.at(0).question};
  std::vector<const store::Row*> rows;
  for (const store::Results& shard : shards)
    for (const store::Row& row : shard.rows) rows.push_back(&row);
  const std::vector<std::string> names = varied(rows);
  for (const store::Row* row : rows) {
    const std::string name = condition_name(*row, names), task = knob(*row, "task");
    if (row->status != "done") {
      summary.unfinished.push_back(base::format("{} {} seed {}: {}", task, name, knob(*row, "seed.search"), row->status));
      continue;
    }
    ++summary.done;
    if (std::ranges::find(summary.tasks, task) == summary.tasks.end()) summary.tasks.push_back(task);
    auto found = std::ranges::find(summary.conditions, name, &Condition::name);
    if (found == summary.conditions.end()) {
      summary.conditions.push_back({.name = name});
      found = std::prev(summary.conditions.end());
    }
    add(*found, *row);
  }
  for (Condition& condition : summary.conditions) finish(condition);
  const auto base = std::ranges::find(summary.conditions, "zero_shot", &Condition::name);
  for (Condition& condition : summary.conditions)
    if (base != summary.conditions.end() && condition.name != "zero_shot") compare(condition, *base);
  return summary;
}

}  // namespace lorahub::report
