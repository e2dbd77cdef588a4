#include "report/summary.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <unordered_map>

#include "base/text.hpp"
#include "report/roles.hpp"
#include "store/hdf5.hpp"
#include "store/origin.hpp"
#include "store/result_files.hpp"
#include "store/sentence.hpp"
#include "study/knobs.hpp"

namespace lorahub::report {
namespace {

// Keeps each trial once, a finished one where there is one, since shards and whole runs may
// overlap.
std::vector<store::Finding> distinct(std::vector<store::ResultFindings>& shards) {
  std::vector<store::Finding> trials;
  std::unordered_map<std::string, size_t> place;
  for (store::ResultFindings& shard : shards)
    for (store::Finding& trial : shard.trials) {
      const auto [found, fresh] = place.emplace(trial.row.id, trials.size());
      if (fresh)
        trials.push_back(std::move(trial));
      else if (trial.row.status == "done")
        trials[found->second] = std::move(trial);
    }
  return trials;
}

// Shots or modules named one by one ("[42,41,91]") are a draw, as those of a seed are.
bool is_draw(const std::string& value) { return value.starts_with('['); }

// Whether "" is a value of the knob, too.
bool is_unread_at_default(const std::string& name) {
  const study::Knob* known = study::find_knob(name);
  return known && known->unread_at_default;
}

// Knobs that take several values among a method's rows that read them.
std::map<std::string, std::vector<std::string>> varied(const std::vector<store::Finding>& trials) {
  std::map<std::string, std::map<std::string, std::set<std::string>>> values;
  for (const store::Finding& trial : trials)
    for (const auto& [name, value] : trial.row.knobs)
      if (!value.empty() || is_unread_at_default(name))
        values[knob(trial.row.knobs, "method")][name].insert(value);
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

using Knobs = std::map<std::string, std::string>;

std::string condition_name(const Knobs& knobs, const std::vector<std::string>& names,
                           const std::string& left_out) {
  std::string text = knob(knobs, "method");
  for (const std::string& name : names)
    if (name != left_out && !knob(knobs, name).empty())
      text += " " + short_setting(name, knob(knobs, name));
  return text;
}

// Numbers the draws of a factor in the order of their first appearance.
class Draws {
 public:
  FactorLevels of(const Knobs& knobs) {
    FactorLevels draw{};
    const char* factors[kFactors] = {"modules", "shots", "search"};
    for (size_t f = 0; f < kFactors; ++f) {
      std::string text = knob(knobs, std::string("seed.") + factors[f]);
      if (const std::string named = knob(knobs, factors[f]); is_draw(named)) text += named;
      if (text.empty()) continue;
      draw[f] = numbers_[f].emplace(text, static_cast<int>(numbers_[f].size()) + 1).first->second;
    }
    return draw;
  }

 private:
  std::map<std::string, int> numbers_[kFactors];
};

std::string left_undone(const store::Finding& trial, const std::string& condition) {
  std::vector<std::string> seeds;
  for (const char* name : {"seed.modules", "seed.shots", "seed.search"})
    if (const std::string value = knob(trial.row.knobs, name); !value.empty())
      seeds.push_back(value);
  const auto other = std::ranges::adjacent_find(seeds, std::not_equal_to());
  if (other == seeds.end() && !seeds.empty()) seeds.resize(1);  // they move together
  std::string text = base::format("{} {}", knob(trial.row.knobs, "task"), condition);
  if (!seeds.empty()) text += " seed " + base::join(seeds, "/");
  text += ": " + trial.row.status;
  return trial.failure.empty() ? text
                               : base::format("{} ({})", text, store::sentence(trial.failure));
}

class Grouping {
 public:
  explicit Grouping(Summary& summary) : summary_(summary) {}

  void add(const store::Finding& trial) {
    const Knobs& knobs = trial.row.knobs;
    const std::string name = condition_name(knobs, summary_.varied[knob(knobs, "method")], "");
    if (trial.row.status != "done" || std::isnan(trial.row.accuracy)) {
      summary_.unfinished.push_back(left_undone(trial, name));
      return;
    }
    ++summary_.done;
    summary_.unplanned += trial.planned ? 0 : 1;
    summary_.dropped += static_cast<size_t>(trial.dropped);
    summary_.faults += trial.faults.size();
    origins_.push_back(trial.origin);
    const std::string task = knob(knobs, "task");
    if (seen_.insert(task).second) summary_.tasks.push_back(task);
    Condition& condition = find(name, knobs);
    const FactorLevels draw = draws_.of(knobs);
    for (size_t f = 0; f < kFactors; ++f) summary_.draws[f] = std::max(summary_.draws[f], draw[f]);
    condition.tasks[task].push_back({.draw = draw, .trial = &trial});
    ++condition.trials;
  }

  std::string origins() const { return store::mixed_origins(origins_); }

 private:
  Condition& find(const std::string& name, const Knobs& knobs) {
    const auto [found, fresh] = places_.emplace(name, summary_.conditions.size());
    if (fresh)
      summary_.conditions.push_back(
          {.name = name, .method = knob(knobs, "method"), .knobs = knobs});
    return summary_.conditions[found->second];
  }

  Summary& summary_;
  Draws draws_;
  std::set<std::string> seen_;
  std::map<std::string, size_t> places_;
  std::vector<std::string> origins_;  // of the trials that are done
};

// Colours go to compositions, then to what they are compared with, then to the others.
void give_places(std::vector<Condition>& conditions) {
  size_t next = 0;
  const std::vector<std::string> first = coloured();
  for (const std::string& method : first)
    for (Condition& c : conditions)
      if (c.method == method) c.place = next++;
  for (Condition& c : conditions)
    if (std::ranges::find(first, c.method) == first.end()) c.place = next++;
}

// Marks the names of conditions that lack tasks, since a mean over other tasks is not comparable.
void name_partial(Summary& summary) {
  for (Condition& c : summary.conditions)
    if (const size_t tasks = summary.tasks.size(); c.tasks.size() < tasks)
      c.name += base::format(" ({} of {} tasks)", c.tasks.size(), tasks);
}

}  // namespace

std::string knob(const std::map<std::string, std::string>& knobs, const std::string& name) {
  const auto found = knobs.find(name);
  return found == knobs.end() ? "" : found->second;
}

std::string name_without(const Summary& summary, const Condition& condition,
                         const std::string& left_out) {
  const auto names = summary.varied.find(condition.method);
  if (names == summary.varied.end()) return condition.name;
  return condition_name(condition.knobs, names->second, left_out);
}

std::vector<Stratum> accuracies(const Condition& condition) {
  std::vector<Stratum> strata;
  for (const auto& [task, points] : condition.tasks) {
    strata.emplace_back();
    for (const Point& p : points) {
      strata.back().values.push_back(p.trial->row.accuracy);
      strata.back().levels.push_back(p.draw);
    }
  }
  return strata;
}

Summary summarise(std::vector<store::ResultFindings> shards) {
  Summary summary{.study = shards.at(0).study,
                  .question = shards.at(0).question,
                  .environment = shards.at(0).environment};
  summary.trials = std::make_shared<const std::vector<store::Finding>>(distinct(shards));
  summary.varied = varied(*summary.trials);
  Grouping grouping(summary);
  for (const store::Finding& trial : *summary.trials) grouping.add(trial);
  summary.origins = grouping.origins();
  give_places(summary.conditions);
  name_partial(summary);
  for (Condition& c : summary.conditions) c.accuracy = bootstrap(accuracies(c), mean_of_means);
  return summary;
}

Summary summary_of(const std::filesystem::path& folder) {
  std::vector<store::ResultFindings> shards;
  for (const auto& file : store::result_files(folder)) shards.push_back(store::read_findings(file));
  return summarise(std::move(shards));
}

}  // namespace lorahub::report
