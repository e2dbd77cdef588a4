#include "report/report.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "report/aggregate.hpp"
#include "report/table.hpp"

namespace lorahub::report {
namespace {

std::string number(double value, const Interval& i) {
  return base::format("{:.1f} [{:.1f}, {:.1f}]", value, i.low, i.high);
}

std::string cell(const Condition& condition, const std::string& task) {
  const auto found = condition.accuracy.find(task);
  if (found == condition.accuracy.end()) return "";
  const auto& values = found->second;
  if (values.size() == 1) return base::format("{:.1f}", values[0]);
  return base::format("{:.1f} ± {:.1f}", mean(values), standard_deviation(values));
}

std::string accuracy_table(const Summary& summary) {
  Cells head{"accuracy, %"};
  for (const Condition& c : summary.conditions) head.push_back(c.name);
  std::vector<Cells> rows;
  for (const std::string& task : summary.tasks) {
    rows.push_back({task});
    for (const Condition& c : summary.conditions) rows.back().push_back(cell(c, task));
  }
  rows.push_back({"mean [95 %]"});
  for (const Condition& c : summary.conditions)
    rows.back().push_back(number(c.pooled.value, c.pooled));
  return table(head, rows);
}

std::string cost_table(const Summary& summary) {
  std::vector<Cells> rows;
  for (const Condition& c : summary.conditions)
    rows.push_back({c.name, c.has_difference ? number(c.difference.value, c.difference) : "",
                    base::format("{:.0f}", c.evaluations), base::format("{:.0f}", c.tokens),
                    base::format("{:.2f}", c.seconds)});
  return table({"a trial", "against zero_shot", "evaluations", "tokens", "seconds"}, rows);
}

std::string verdict(const Interval& difference) {
  if (difference.low > 0)
    return base::format("{} points better than", number(difference.value, difference));
  if (difference.high < 0)
    return base::format("{} points, worse than", number(difference.value, difference));
  return base::format("no shown difference ({} points) to", number(difference.value, difference));
}

}  // namespace

std::string answer(const Summary& summary) {
  const Condition* best = nullptr;
  for (const Condition& c : summary.conditions)
    if (c.has_difference && c.accuracy.size() == summary.tasks.size() &&
        (best == nullptr || c.pooled.value > best->pooled.value))
      best = &c;
  if (best == nullptr) return "";
  std::string text = base::format("{}: {} zero_shot over {} task(s).", best->name,
                                  verdict(best->difference), best->accuracy.size());
  for (const Condition& c : summary.conditions)
    if (c.name.starts_with("random_lora") && &c != best)
      text += base::format(" The null control {} reaches {}; {} {}.", c.name,
                           number(c.pooled.value, c.pooled), best->name,
                           number(best->pooled.value, best->pooled));
  return text + "\n";
}

std::string markdown(const Summary& summary) {
  std::string text =
      base::format("# {}\n\n{}\n\n{} trials done", summary.study, summary.question, summary.done);
  if (!summary.unfinished.empty()) text += base::format(", {} not", summary.unfinished.size());
  text += ".\n\n";
  if (summary.conditions.empty()) return text;
  text += answer(summary) + "\n" + accuracy_table(summary) + "\n" + cost_table(summary);
  text +=
      "\nMean ± standard deviation over draws of modules, shots and search seeds; intervals: 95 %, "
      "bootstrap of draws\n"
      "within tasks (they speak of new draws for these tasks, not of new tasks). Tokens and "
      "seconds: search and answers\n"
      "of one trial.\n";
  if (!summary.unfinished.empty()) text += "\nNot done:\n";
  for (const std::string& line : summary.unfinished) text += "- " + line + "\n";
  return text;
}

}  // namespace lorahub::report
