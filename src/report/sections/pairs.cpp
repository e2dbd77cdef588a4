#include "report/sections/pairs.hpp"

#include <algorithm>
#include <map>

#include "base/number.hpp"
#include "base/text.hpp"
#include "report/number_text.hpp"
#include "report/roles.hpp"

namespace lorahub::report {
namespace {

constexpr size_t kMostPairs = 40;      // in a table
constexpr size_t kMostPairsNamed = 4;  // in a sentence
constexpr size_t kFewSteps = 4;        // values of which every pair is compared
constexpr const char* kMethod = "method";

using ConditionPairs = std::vector<std::pair<const Condition*, const Condition*>>;

void sort_numbers(std::vector<std::string>& values) {
  if (std::ranges::all_of(values,
                          [](const auto& v) { return base::number<double>(v).has_value(); }))
    std::ranges::sort(values, {}, [](const std::string& v) { return *base::number<double>(v); });
}

VariedKnob values_of(const Summary& summary, const std::string& name) {
  VariedKnob found{.name = name, .values = {}};
  for (const Condition& c : summary.conditions)
    if (const std::string value = knob(c.knobs, name);
        !value.empty() && std::ranges::find(found.values, value) == found.values.end())
      found.values.push_back(value);
  sort_numbers(found.values);
  return found;
}

// Whether two conditions differ in the axis alone. Methods that do not read a knob go with each of
// its values.
bool differ_in(const Summary& summary, const Condition& a, const Condition& b,
               const std::string& axis) {
  const std::string mine = knob(a.knobs, axis), its = knob(b.knobs, axis);
  if (mine.empty() || its.empty() || mine == its) return false;
  if (axis != kMethod && a.method != b.method) return false;
  for (const std::string& method : {a.method, b.method}) {
    const auto names = summary.varied.find(method);
    if (names == summary.varied.end()) continue;
    for (const std::string& name : names->second) {
      const std::string first = knob(a.knobs, name), second = knob(b.knobs, name);
      const bool read_by_both = !first.empty() && !second.empty();
      if (name != axis && first != second && (read_by_both || axis != kMethod)) return false;
    }
  }
  return true;
}

// How far back the values stand in the axis' list.
long steps(const VariedKnob& axis, const Condition& later, const Condition& earlier) {
  const auto place = [&](const Condition& c) {
    return std::ranges::find(axis.values, knob(c.knobs, axis.name)) - axis.values.begin();
  };
  return place(later) - place(earlier);
}

bool is_wanted(const VariedKnob& axis, long distance) {
  const auto last = static_cast<long>(axis.values.size()) - 1;
  return axis.values.size() <= kFewSteps || distance == 1 || distance == last ||
         axis.name == kMethod || !base::number<double>(axis.values[0]);
}

std::string name(const std::pair<const Condition*, const Condition*>& pair) {
  return base::format("{} − {}", pair.first->name, pair.second->name);
}

Table table(const VariedKnob& axis, const ConditionPairs& pairs) {
  Table table{.title = base::format("By {}: paired differences of accuracy, points", axis.name),
              .head = {"comparison", "tasks", "pairs", "difference [95 %]", "P(improvement) [95 %]",
                       "Wilcoxon p", "Holm p"}};
  for (const Comparison& c : compare(pairs))
    table.rows.push_back({name({c.first, c.second}), base::format("{}", c.by_task.size()),
                          base::format("{}", c.pairs), signed_text(c.difference),
                          text(c.improvement, 2), p_cell(c.test.p), p_cell(c.p_holm)});
  return table;
}

}  // namespace

std::vector<VariedKnob> varied_knobs(const Summary& summary) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  if (values_of(summary, kMethod).values.size() > 1) add(kMethod);
  for (const auto& [method, knobs] : summary.varied) std::ranges::for_each(knobs, add);
  std::vector<VariedKnob> found;
  for (const std::string& name : names) found.push_back(values_of(summary, name));
  std::erase_if(found, [](const VariedKnob& axis) { return axis.values.size() < 2; });
  return found;
}

ConditionPairs pairs_along(const Summary& summary, const VariedKnob& axis) {
  ConditionPairs pairs;
  for (const Condition& a : summary.conditions)
    for (const Condition& b : summary.conditions) {
      if (!differ_in(summary, a, b, axis.name)) continue;
      const long distance = steps(axis, a, b);
      const bool first = axis.name == kMethod ? a.place < b.place : distance > 0;
      if (first && is_wanted(axis, distance) && !pair_up(a, b).tasks.empty())
        pairs.emplace_back(&a, &b);
    }
  return pairs;
}

std::string pairs_answer(const Summary& summary, const VariedKnob& axis) {
  const ConditionPairs all = pairs_along(summary, axis);
  if (all.empty()) return "";
  const ConditionPairs named(
      all.begin(), all.begin() + static_cast<long>(std::min(kMostPairsNamed, all.size())));
  std::vector<std::string> sentences;
  for (const Comparison& c : compare(named))
    sentences.push_back(base::format("{} is {} {}", c.first->name, against(c), c.second->name));
  const std::string rest = all.size() > named.size()
                               ? base::format("; {} more in the table", all.size() - named.size())
                               : "";
  return base::format("By {}: {}{}.", axis.name, base::join(sentences, "; "), rest);
}

std::optional<Section> pairs_section(const Summary& summary) {
  Section section{.title = summary.study + ": differences along what was varied"};
  section.blocks.emplace_back(
      Text{.text = "How do the methods differ, and what does each knob change? Each row compares "
                   "two conditions on the same tasks and the same draws, which differ in nothing "
                   "else.",
           .role = Text::Role::question});
  for (const VariedKnob& axis : varied_knobs(summary)) {
    ConditionPairs pairs = pairs_along(summary, axis);
    if (pairs.empty()) continue;
    const size_t found = pairs.size();
    if (found > kMostPairs) pairs.resize(kMostPairs);
    section.blocks.emplace_back(table(axis, pairs));
    if (found > kMostPairs)
      section.blocks.emplace_back(
          Text{.text = base::format("{} of {} pairs are compared.", kMostPairs, found),
               .role = Text::Role::note});
  }
  if (section.blocks.size() == 1) return std::nullopt;
  return section;
}

}  // namespace lorahub::report
