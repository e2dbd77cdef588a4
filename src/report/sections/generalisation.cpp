#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.hpp"
#include "report/conditions.hpp"
#include "report/figures/forest.hpp"
#include "report/figures/plot.hpp"
#include "report/figures/weight_map.hpp"
#include "report/number_text.hpp"
#include "report/roles.hpp"
#include "report/sections/sections.hpp"
#include "report/statistics/aggregate.hpp"
#include "report/statistics/improvement.hpp"

namespace lorahub::report {
namespace {

constexpr size_t kFewTasks = 6;  // 2 / 2^n is above 0.05 with fewer

bool is_base(const Condition& condition) {
  return role_of(condition.method) == study::ReportRole::base;
}

std::vector<Comparison> comparisons(const Summary& summary) {
  std::vector<std::pair<const Condition*, const Condition*>> pairs;
  for (const Condition* c : compositions(summary))
    for (const std::string& method : controls())
      if (const Condition* other = control(summary, *c, method)) pairs.emplace_back(c, other);
  return compare(pairs);
}

std::vector<const Comparison*> with(const std::vector<Comparison>& all, const std::string& method) {
  std::vector<const Comparison*> found;
  for (const Comparison& c : all)
    if (c.second->method == method) found.push_back(&c);
  return found;
}

std::string floor_text(size_t tasks) {
  if (tasks < 2 || tasks >= kFewTasks) return "";
  return base::format("; {} tasks cannot give less than {} without Holm's correction", tasks,
                      p_cell(std::ldexp(2, -static_cast<int>(tasks))));
}

std::string one_sentence(const Comparison& c) {
  const size_t tasks = c.by_task.size();
  std::string text = base::format(
      "{} is {} {} on {} {} ({}", c.first->name, against(c), c.second->name, tasks,
      tasks == 1 ? "task" : "tasks",
      tasks == 1 ? "no test over tasks" : "Wilcoxon over tasks, Holm: " + p_text(c.p_holm));
  text += floor_text(tasks);
  if (c.has_whole_draws && verdict(c.whole_draws) != verdict(c.difference))
    text +=
        base::format("; when whole draws of modules are resampled: {}", signed_text(c.whole_draws));
  return text + ").";
}

// "4 better, 0 worse, 0 with no difference that can be shown, from +40.1 [..] (a) to +62.6 [..]
// (b)"
std::string counts(const std::vector<const Comparison*>& found) {
  int count[3] = {};
  for (const Comparison* c : found) ++count[static_cast<int>(verdict(*c))];
  const auto by = [](const Comparison* a, const Comparison* b) {
    return a->difference.value < b->difference.value;
  };
  const Comparison& least = **std::ranges::min_element(found, by);
  const Comparison& most = **std::ranges::max_element(found, by);
  return base::format(
      "{} better, {} worse, {} with no difference that can be shown, from {} points ({}) to {} "
      "({})",
      count[0], count[1], count[2], signed_text(least.difference), least.first->name,
      signed_text(most.difference), most.first->name);
}

std::string many_sentence(const std::vector<const Comparison*>& found, const std::string& method) {
  const Comparison& surest = **std::ranges::min_element(found, {}, &Comparison::p_holm);
  return base::format("{} compositions against {}: {}; Wilcoxon over tasks, Holm: {} at best{}.",
                      found.size(), method, counts(found), p_text(surest.p_holm),
                      floor_text(surest.by_task.size()));
}

std::string second_sentence(const std::vector<Comparison>& all) {
  std::string text;
  for (const study::ReportRole role :
       {study::ReportRole::best_module, study::ReportRole::null_control}) {
    const auto found = with(all, word_of(role));
    if (found.empty()) continue;
    text += base::format("{} {}: ", text.empty() ? " Against" : "; against", phrase_of(role));
    if (found.size() == 1)
      text +=
          base::format("{} points{}", signed_text(found[0]->difference),
                       verdict(*found[0]) == Verdict::open ? ", no difference can be shown" : "");
    else
      text += counts(found);
  }
  return text.empty() ? text : text + ".";
}

std::string answer(const std::vector<Comparison>& all) {
  const std::string base = word_of(study::ReportRole::base);
  const auto zero = with(all, base);
  if (zero.empty()) return "";
  return (zero.size() == 1 ? one_sentence(*zero[0]) : many_sentence(zero, base)) +
         second_sentence(all);
}

Table comparison_table(const std::vector<Comparison>& all) {
  Table table{.title = "Paired differences of accuracy (same task, shots, modules), points",
              .head = {"comparison", "tasks", "pairs", "difference [95 %]", "whole draws [95 %]",
                       "P(improvement) [95 %]", "Wilcoxon p", "Holm p", "rank-biserial"}};
  for (const Comparison& c : all)
    table.rows.push_back({base::format("{} − {}", c.first->name, c.second->name),
                          base::format("{}", c.by_task.size()), base::format("{}", c.pairs),
                          signed_text(c.difference),
                          c.has_whole_draws ? signed_text(c.whole_draws) : "–",
                          text(c.improvement, 2), p_cell(c.test.p), p_cell(c.p_holm),
                          base::format("{:+.2f}", c.test.rank_biserial)});
  return table;
}

// Scores of a condition, (accuracy - zero) / (100 - zero), on tasks where the base is not perfect.
std::vector<Stratum> scores(const Summary& summary, const Condition& condition) {
  const Condition* zero =
      is_base(condition) ? &condition : control(summary, condition, study::ReportRole::base);
  std::vector<Stratum> strata;
  if (zero == nullptr) return strata;
  for (const auto& [task, points] : condition.tasks) {
    const auto base = zero->tasks.find(task);
    if (base == zero->tasks.end()) continue;
    std::vector<double> zeros;
    for (const Point& p : base->second) zeros.push_back(p.trial->row.accuracy);
    Stratum stratum;
    for (const Point& p : points)
      if (const double s = normalised(p.trial->row.accuracy, mean(zeros)); std::isfinite(s)) {
        stratum.values.push_back(s);
        stratum.levels.push_back(p.draw);
      }
    if (!stratum.values.empty()) strata.push_back(std::move(stratum));
  }
  return strata;
}

Table score_table(const Summary& summary) {
  Table table{.title = "Normalised scores: (accuracy − zero-shot) / (100 − zero-shot)",
              .head = {"condition", "tasks", "mean [95 %]", "interquartile mean [95 %]",
                       "optimality gap [95 %]"}};
  for (const Condition& c : summary.conditions) {
    const std::vector<Stratum> strata = scores(summary, c);
    if (strata.empty()) continue;
    const auto found = bootstrap(strata, {mean_of_means, pooled_iqm, pooled_gap});
    table.rows.push_back({c.name, base::format("{}", strata.size()), text(found[0], 3),
                          text(found[1], 3), text(found[2], 3)});
  }
  return table;
}

Figure profiles(const Summary& summary) {
  constexpr int kSteps = 20, kReplicates = 2000;
  std::vector<double> thresholds;
  std::vector<Statistic> statistics;
  for (int i = 0; i <= kSteps; ++i) {
    thresholds.push_back(static_cast<double>(i) / kSteps);
    statistics.emplace_back(
        [t = thresholds.back()](const Samples& s) { return performance_profile(s, {t})[0]; });
  }
  Plot plot{.title = "Performance profiles: " + summary.study,
            .x = {.label = "normalised score τ, 1", .range = {0, 1}},
            .y = {.label = "share of trials with a score above τ, 1", .range = {0, 1}},
            .shape = Shape::steps};
  Table table{.title = "", .head = {"condition", "τ = 0", "0.25", "0.5", "0.75", "0.95"}};
  std::vector<const Condition*> all;
  for (const Condition& c : summary.conditions)
    if (!is_base(c)) all.push_back(&c);
  for (const Condition* c : shown(all)) {
    const std::vector<Stratum> strata = scores(summary, *c);
    if (strata.empty()) continue;
    Series series{.name = c->name, .style = c->place, .x = thresholds};
    for (const Interval& i : bootstrap(strata, statistics, {.replicates = kReplicates})) {
      series.y.push_back(i.value);
      series.low.push_back(i.low);
      series.high.push_back(i.high);
    }
    table.rows.push_back({c->name});
    for (const size_t at : {0, 5, 10, 15, 19})
      table.rows.back().push_back(base::format("{:.2f}", series.y[at]));
    plot.series.push_back(std::move(series));
  }
  const std::string name = figure_name(summary, "profiles");
  return {.name = name,
          .title = "Performance profiles",
          .caption =
              "Share of trials (tasks weigh the same) whose normalised score exceeds τ; "
              "higher is better. Bands: 95 %, draws resampled within tasks." +
              left_out(all),
          .svg = draw(plot, name),
          .narrow_svg = draw(plot, name, FigureWidth::phone),
          .table = std::move(table)};
}

std::optional<Text> friedman_text(const Summary& summary) {
  std::vector<std::vector<double>> blocks;
  std::vector<std::string> names;
  for (const Condition& c : summary.conditions)
    if (c.tasks.size() == summary.tasks.size()) names.push_back(c.name);
  for (const std::string& task : summary.tasks) {
    blocks.emplace_back();
    for (const Condition& c : summary.conditions) {
      if (c.tasks.size() != summary.tasks.size()) continue;
      std::vector<double> values;
      for (const Point& p : c.tasks.at(task)) values.push_back(p.trial->row.accuracy);
      blocks.back().push_back(mean(values));
    }
  }
  if (blocks.size() < 2 || names.size() < 3) return std::nullopt;
  const Friedman f = friedman(blocks);
  return Text{.text =
                  base::format("Friedman's test over {} tasks and the {} conditions that have "
                               "all of them: χ²({}) = {:.1f}, {}.",
                               blocks.size(), names.size(), f.degrees, f.statistic, p_text(f.p))};
}

using Gain = std::pair<const Condition*, const Condition*>;  // a condition and its base

// Gain of the first minus gain of the second, on the same draws; a base may have draws too.
std::vector<Stratum> gains_apart(const Gain& first, const Gain& second) {
  const Pairing bases = pair_up(*first.second, *second.second);
  std::map<std::string, double> shift;
  const auto apart = differences(bases, accuracy);
  for (size_t t = 0; t < apart.size(); ++t) shift[bases.tasks[t]] = mean(apart[t].values);
  const Pairing pairing = pair_up(*first.first, *second.first);
  std::vector<Stratum> strata;
  auto all = differences(pairing, accuracy);
  for (size_t t = 0; t < all.size(); ++t)
    if (const auto found = shift.find(pairing.tasks[t]); found != shift.end()) {
      for (double& value : all[t].values) value -= found->second;
      strata.push_back(std::move(all[t]));
    }
  return strata;
}

// On how many tasks the two ways to answer differ in any row; the other tasks list no options.
size_t tasks_apart(const Pairing& pairing) {
  return static_cast<size_t>(std::ranges::count_if(pairing.pairs, [](const auto& pairs) {
    return std::ranges::any_of(pairs, [](const auto& pair) {
      const auto& [a, b] = pair;
      return a.trial->hits != b.trial->hits || a.trial->row.accuracy != b.trial->row.accuracy;
    });
  }));
}

// Compares the gain under greedy answers with that under "likeliest option", which shows how much
// of it is the form of answers.
std::optional<Table> answer_form(const Summary& summary) {
  Table table{.title = base::format(
                  "How much of the gain over {} is answer form, points (a task "
                  "whose answers are no listed options is answered alike and counts as zero)",
                  word_of(study::ReportRole::base)),
              .head = {"condition", "tasks", "tasks with other hits", "gain, generated answers",
                       "gain, likeliest option", "answer form [95 %]"}};
  for (const Condition& c : summary.conditions) {
    if (knob(c.knobs, "scoring") != "generate" || is_base(c)) continue;
    for (const Condition& o : summary.conditions) {
      if (o.method != c.method || knob(o.knobs, "scoring") != "options" ||
          name_without(summary, o, "scoring") != name_without(summary, c, "scoring"))
        continue;
      const Condition *zero = control(summary, c, study::ReportRole::base),
                      *other = control(summary, o, study::ReportRole::base);
      if (zero == nullptr || other == nullptr) continue;
      const auto found = compare({{&c, zero}, {&o, other}});
      const auto apart = gains_apart({&c, zero}, {&o, other});
      if (found.size() < 2 || apart.empty()) continue;
      const Interval form = bootstrap(apart, mean_of_means);
      table.rows.push_back({name_without(summary, c, "scoring"), base::format("{}", apart.size()),
                            base::format("{}", tasks_apart(pair_up(c, o))),
                            signed_text(found[0].difference), signed_text(found[1].difference),
                            signed_text(form)});
    }
  }
  if (table.rows.empty()) return std::nullopt;
  return table;
}

}  // namespace

std::string generalisation_answer(const Summary& summary) { return answer(comparisons(summary)); }

std::optional<Section> generalisation(const Summary& summary) {
  const std::vector<Comparison> all = comparisons(summary);
  const std::string answered = answer(all);
  if (answered.empty()) return std::nullopt;
  Section section{.title = "RQ1 " + summary.study + ": does composition generalise?"};
  section.blocks.emplace_back(Text{.text = "Can a module library be composed to generalise to "
                                           "unseen tasks, better than the controls?",
                                   .role = Text::Role::question});
  section.blocks.emplace_back(Text{.text = answered, .role = Text::Role::answer});
  section.blocks.emplace_back(comparison_table(all));
  if (auto text = friedman_text(summary)) section.blocks.emplace_back(*text);
  section.blocks.emplace_back(forest(summary));
  if (auto table = by_task(summary)) {
    section.blocks.emplace_back(std::move(*table));
    section.blocks.emplace_back(Text{.text = kTaskNote, .role = Text::Role::note});
  }
  section.blocks.emplace_back(score_table(summary));
  section.blocks.emplace_back(profiles(summary));
  if (auto table = answer_form(summary)) section.blocks.emplace_back(std::move(*table));
  if (auto map = weight_map(summary)) section.blocks.emplace_back(std::move(*map));
  return section;
}

}  // namespace lorahub::report
