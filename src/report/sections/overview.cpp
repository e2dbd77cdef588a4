#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "report/conditions.hpp"
#include "report/figures/plot.hpp"
#include "report/number_text.hpp"
#include "report/sections/noise.hpp"
#include "report/sections/pairs.hpp"
#include "report/sections/sections.hpp"
#include "report/statistics/aggregate.hpp"

namespace lorahub::report {
namespace {

constexpr int kFewDraws = 5;
constexpr size_t kMostListed = 10;  // trials that are not done

std::string cell(const Condition& condition, const std::string& task) {
  const auto found = condition.tasks.find(task);
  if (found == condition.tasks.end()) return "–";
  std::vector<double> values;
  for (const Point& p : found->second) values.push_back(p.trial->row.accuracy);
  if (values.size() == 1) return base::format("{:.1f}", values[0]);
  return base::format("{:.1f} ± {:.1f}", mean(values), standard_deviation(values));
}

Table accuracy_table(const Summary& summary) {
  Table table{.title = "Accuracy, % (mean ± standard deviation of draws)", .head = {"task"}};
  for (const Condition& c : summary.conditions) table.head.push_back(c.name);
  for (const std::string& task : summary.tasks) {
    table.rows.push_back({task});
    for (const Condition& c : summary.conditions) table.rows.back().push_back(cell(c, task));
  }
  table.rows.push_back({"mean [95 %]"});
  for (const Condition& c : summary.conditions) table.rows.back().push_back(text(c.accuracy));
  return table;
}

// Conditions below each other, where there are too many for columns.
Table pooled_table(const Summary& summary) {
  Table table{.title = "Accuracy, mean over tasks",
              .head = {"condition", "accuracy, % [95 %]", "tasks", "trials"}};
  for (const Condition& c : summary.conditions)
    table.rows.push_back({c.name, text(c.accuracy), base::format("{}", c.tasks.size()),
                          base::format("{}", c.trials)});
  return table;
}

struct MeanCost {  // means of a trial
  double evaluations = 0, rounds = 0, forwards = 0, search_tokens = 0, answer_tokens = 0;
  double search_s = 0, answer_s = 0;
};

MeanCost cost(const Condition& condition) {
  MeanCost sum;
  for (const auto& [task, points] : condition.tasks)
    for (const Point& p : points) {
      const auto& [counts, timing] = std::tie(p.trial->row.counts, p.trial->row.timing);
      sum.evaluations += static_cast<double>(counts.evaluations);
      sum.rounds += static_cast<double>(counts.rounds);
      sum.forwards += static_cast<double>(counts.example_forwards);
      sum.search_tokens += static_cast<double>(counts.search_tokens);
      sum.answer_tokens += static_cast<double>(counts.answer_tokens);
      sum.search_s += timing.search;
      sum.answer_s += timing.answer;
    }
  const auto n = static_cast<double>(condition.trials);
  for (double* value : {&sum.evaluations, &sum.rounds, &sum.forwards, &sum.search_tokens,
                        &sum.answer_tokens, &sum.search_s, &sum.answer_s})
    *value /= n;
  return sum;
}

Table budget_table(const Summary& summary) {
  Table table{.title = "What a trial costs, on average",
              .head = {"condition", "trials", "evaluations", "rounds", "example-forwards",
                       "tokens, search", "tokens, answers", "search, s", "answers, s"}};
  for (const Condition& c : summary.conditions) {
    const MeanCost k = cost(c);
    table.rows.push_back({c.name, base::format("{}", c.trials), count_text(k.evaluations),
                          count_text(k.rounds), count_text(k.forwards), count_text(k.search_tokens),
                          count_text(k.answer_tokens), base::format("{:.2f}", k.search_s),
                          base::format("{:.2f}", k.answer_s)});
  }
  return table;
}

std::string where(const Summary& summary) {
  std::string line;
  for (const auto& [key, prefix] :
       std::vector<std::pair<std::string, std::string>>{{"version", "lorahub "},
                                                        {"commit", "commit "},
                                                        {"processor", ""},
                                                        {"cpu", ""},
                                                        {"ranks", "ranks: "},
                                                        {"threads", "threads a rank: "}})
    if (const std::string value = knob(summary.environment, key); !value.empty())
      line += base::format("{}{}{}", line.empty() ? "Run by " : ", ", prefix, value);
  return line.empty() ? line : line + ".";
}

// How many draws there are where those of modules, of shots and of search seeds move together; 0
// where they do not.
size_t draws_together(const Summary& summary) {
  std::set<FactorLevels> whole;
  for (const Condition& c : summary.conditions)
    for (const auto& [task, points] : c.tasks)
      for (const Point& p : points)
        if (std::ranges::find(p.draw, 0) == p.draw.end()) whole.insert(p.draw);
  const auto is_all = [&](int levels) { return whole.size() == static_cast<size_t>(levels); };
  return std::ranges::all_of(summary.draws, is_all) ? whole.size() : 0;
}

// "method (lorahub, best_single), shots (5, 20), task (3 of them)"
std::string varied_text(const Summary& summary) {
  std::vector<std::string> texts;
  for (const VariedKnob& knob : varied_knobs(summary)) {
    std::vector<std::string> values = knob.values;
    if (values.size() > kMostListed) {
      values.resize(kMostListed);
      values.push_back(base::format("and {} more", knob.values.size() - kMostListed));
    }
    texts.push_back(base::format("{} ({})", knob.name, base::join(values, ", ")));
  }
  if (summary.tasks.size() > 1)
    texts.push_back(base::format("task ({} tasks)", summary.tasks.size()));
  return texts.empty() ? "" : "What the study varies: " + base::join(texts, ", ") + ".";
}

std::string done_line(const Summary& summary) {
  std::string line = base::format("{} trials done", summary.done);
  if (!summary.unfinished.empty()) line += base::format(", {} not", summary.unfinished.size());
  if (summary.unplanned > 0)
    line += base::format("; {} of them are of an earlier plan", summary.unplanned);
  const auto& [modules, shots, searches] = summary.draws;
  line += ".";
  if (modules + shots + searches == 0) return line;
  if (const size_t together = draws_together(summary); together > 0)
    line += base::format(" {} {} (the seeds of modules, shots and search move together).", together,
                         together == 1 ? "draw" : "draws");
  else
    line += base::format(" Draws: {} of modules, {} of shots, {} of search seeds.", modules, shots,
                         searches);
  if (std::max(modules, shots) < kFewDraws)
    line += base::format(
        " Fewer than {} draws give intervals that are coarse and too narrow: what they show holds "
        "for these draws.",
        kFewDraws);
  return line;
}

void add_missing(const Summary& summary, Section& section) {
  if (summary.dropped > 0)
    section.blocks.emplace_back(
        Text{.text = base::format("{} test rows (of all trials) were left out since they equal a "
                                  "shot.",
                                  summary.dropped),
             .role = Text::Role::note});
  if (summary.faults > 0)
    section.blocks.emplace_back(
        Text{.text = base::format("{} candidates (of all trials) could not be evaluated; their "
                                  "losses count as infinite.",
                                  summary.faults),
             .role = Text::Role::note});
  if (!summary.origins.empty())
    section.blocks.emplace_back(Text{.text = summary.origins, .role = Text::Role::note});
  if (summary.unfinished.empty()) return;
  List list{.title =
                base::format("Not done ({}), and in no number above", summary.unfinished.size())};
  for (size_t i = 0; i < std::min(kMostListed, summary.unfinished.size()); ++i)
    list.items.push_back(summary.unfinished[i]);
  if (summary.unfinished.size() > kMostListed)
    list.items.push_back(base::format("and {} more", summary.unfinished.size() - kMostListed));
  section.blocks.emplace_back(std::move(list));
}

}  // namespace

Figure accuracy_figure(const Summary& summary) {
  const std::string name = figure_name(summary, "");
  Plot plot{
      .title = "Accuracy by condition: " + summary.study,
      .x = {.label = base::format("accuracy, % (mean over {} tasks)", summary.tasks.size()),
            .range = {-2, 102}},  // marks at 0 and 100 stand clear of the frame
      .y = {.label = "", .range = {static_cast<double>(summary.conditions.size()) + 0.5, 0.5}},
      .shape = Shape::forest,
      .height = 110 + 24 * static_cast<int>(summary.conditions.size())};
  Series series{.name = "mean over tasks, 95 % interval over draws"};
  for (size_t i = 0; i < summary.conditions.size(); ++i) {
    const Condition& c = summary.conditions[i];
    series.x.push_back(c.accuracy.value);
    series.y.push_back(static_cast<double>(i + 1));
    series.low.push_back(c.accuracy.low);
    series.high.push_back(c.accuracy.high);
    plot.y.places.emplace_back(c.name, static_cast<double>(i + 1));
  }
  plot.series.push_back(std::move(series));
  return {.name = name,
          .title = "Accuracy by condition",
          .caption = "Means over tasks with 95 % intervals (draws resampled within tasks).",
          .svg = draw(plot, name),
          .narrow_svg = draw(plot, name, FigureWidth::phone),
          .table = pooled_table(summary)};
}

Section overview(const Summary& summary, const std::vector<std::string>& answers) {
  Section section{.title = "Study " + summary.study};
  if (!summary.question.empty())
    section.blocks.emplace_back(Text{.text = summary.question, .role = Text::Role::question});
  if (const std::string text = varied_text(summary); !text.empty())
    section.blocks.emplace_back(Text{.text = text});
  section.blocks.emplace_back(Text{.text = done_line(summary)});
  if (!summary.conditions.empty()) {
    for (const std::string& answer : answers)
      section.blocks.emplace_back(Text{.text = answer, .role = Text::Role::answer});
    if (summary.conditions.size() <= kMostSeries + 4)
      section.blocks.emplace_back(accuracy_table(summary));
    else
      section.blocks.emplace_back(pooled_table(summary));
    section.blocks.emplace_back(budget_table(summary));
    for (DocumentBlock& block : noise(summary)) section.blocks.push_back(std::move(block));
  }
  add_missing(summary, section);
  if (const std::string line = where(summary); !line.empty())
    section.blocks.emplace_back(Text{.text = line, .role = Text::Role::note});
  return section;
}

}  // namespace lorahub::report
