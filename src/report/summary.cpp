#include "report/summary.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "report/aggregate.hpp"

namespace lorahub::report {
namespace {

// One row a trial, a finished one where there is one: shards and whole runs may overlap.
std::vector<const store::Row*> distinct(const std::vector<store::Results>& shards) {
  std::vector<const store::Row*> rows;
  std::map<std::string, size_t> place;
  for (const store::Results& shard : shards)
    for (const store::Row& row : shard.rows) {
      const auto [found, fresh] = place.emplace(row.id, rows.size());
      if (fresh)
        rows.push_back(&row);
      else if (row.status == "done")
        rows[found->second] = &row;
    }
  return rows;
}

std::string knob(const store::Row& row, const std::string& name) {
  const auto found = row.knobs.find(name);
  return found == row.knobs.end() ? "" : found->second;
}

// Shots or modules named one by one ("[42,41,91]") are a draw, as those of a seed are.
bool is_draw(const std::string& value) { return value.starts_with('['); }

// Knobs that tell a method's conditions apart: they take several values among its rows that read
// them. By method.
std::map<std::string, std::vector<std::string>> varied(const std::vector<const store::Row*>& rows) {
  std::map<std::string, std::map<std::string, std::set<std::string>>> values;
  for (const store::Row* row : rows)
    for (const auto& [name, value] : row->knobs)
      if (!value.empty()) values[knob(*row, "method")][name].insert(value);
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& [method, knobs] : values)
    for (const auto& [name, seen] : knobs)
      if (seen.size() > 1 && name != "task" && !name.starts_with("seed.") &&
          !std::ranges::any_of(seen, is_draw))
        names[method].push_back(name);
  return names;
}

// "budget=400" for search.budget; a word ("product", "official") speaks for itself.
std::string short_setting(const std::string& name, const std::string& value) {
  const bool number = value.find_first_not_of("0123456789.e+-") == std::string::npos;
  return number ? base::format("{}={}", name.substr(name.find('.') + 1), value) : value;
}

std::string condition_name(const store::Row& row,
                           std::map<std::string, std::vector<std::string>>& names) {
  std::string text = knob(row, "method");
  for (const std::string& name : names[knob(row, "method")])
    if (!knob(row, name).empty()) text += " " + short_setting(name, knob(row, name));
  return text;
}

std::vector<Stratum> strata(const Condition& condition) {
  std::vector<Stratum> result;
  for (const auto& [task, values] : condition.accuracy) result.push_back(independent(values));
  return result;
}

// The base model's accuracy is one number a task, so its difference keeps the draws of the other
// side.
void compare(Condition& condition, const Condition& base) {
  std::vector<Stratum> differences;
  for (const auto& [task, values] : condition.accuracy) {
    const auto reference = base.accuracy.find(task);
    if (reference == base.accuracy.end()) continue;
    differences.push_back(independent(values));
    for (double& value : differences.back().values) value -= mean(reference->second);
  }
  condition.has_difference = !differences.empty();
  if (condition.has_difference) condition.difference = bootstrap(differences, mean_of_means);
}

// zero_shot under the same model, precision and so on, whichever of these the study varies.
bool is_base_of(const Condition& base, const Condition& condition,
                const std::vector<std::string>& varied_knobs) {
  if (base.knobs.at("method") != "zero_shot" || condition.knobs.at("method") == "zero_shot")
    return false;
  return std::ranges::all_of(varied_knobs, [&](const std::string& name) {
    const auto value = condition.knobs.find(name);
    return value != condition.knobs.end() && value->second == base.knobs.at(name);
  });
}

void add(Condition& condition, const store::Row& row) {
  condition.accuracy[knob(row, "task")].push_back(row.accuracy);
  condition.evaluations += static_cast<double>(row.counts.evaluations);
  condition.tokens += static_cast<double>(row.counts.search_tokens + row.counts.answer_tokens);
  condition.seconds += row.timing.search + row.timing.answer;
}

void finish(Condition& condition) {
  double trials = 0;
  for (const auto& [task, values] : condition.accuracy)
    trials += static_cast<double>(values.size());
  condition.evaluations /= trials;
  condition.tokens /= trials;
  condition.seconds /= trials;
  condition.pooled = bootstrap(strata(condition), mean_of_means);
}

}  // namespace

Summary summarise(const std::vector<store::Results>& shards) {
  Summary summary{.study = shards.at(0).study, .question = shards.at(0).question};
  const std::vector<const store::Row*> rows = distinct(shards);
  auto names = varied(rows);
  for (const store::Row* row : rows) {
    const std::string name = condition_name(*row, names), task = knob(*row, "task");
    if (row->status != "done") {
      summary.unfinished.push_back(
          base::format("{} {} seed {}: {}", task, name, knob(*row, "seed.search"), row->status));
      continue;
    }
    ++summary.done;
    if (std::ranges::find(summary.tasks, task) == summary.tasks.end())
      summary.tasks.push_back(task);
    auto found = std::ranges::find(summary.conditions, name, &Condition::name);
    if (found == summary.conditions.end()) {
      summary.conditions.push_back({.name = name, .knobs = row->knobs});
      found = std::prev(summary.conditions.end());
    }
    add(*found, *row);
  }
  for (Condition& condition : summary.conditions) finish(condition);
  for (Condition& condition : summary.conditions)
    for (const Condition& base : summary.conditions)
      if (is_base_of(base, condition, names["zero_shot"])) compare(condition, base);
  return summary;
}

}  // namespace lorahub::report
