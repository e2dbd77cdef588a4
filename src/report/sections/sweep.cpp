#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.hpp"
#include "report/conditions.hpp"
#include "report/course.hpp"
#include "report/figures/plot.hpp"
#include "report/number_text.hpp"
#include "report/roles.hpp"
#include "report/sections/sections.hpp"
#include "report/statistics/aggregate.hpp"
#include "study/study.hpp"

namespace lorahub::report {
namespace {

// A line of the figure: conditions that differ in the knob alone, by its value.
struct Line {
  std::string name, method;
  size_t place = 0;
  std::map<double, const Condition*> at;
};

struct Axes {
  std::string knob, title, question, label;
};

Axes axes(const std::string& knob) {
  if (knob == "modules")
    return {knob, "RQ4 {}: how many modules?",
            "How does the number of modules affect generalisation and stability?",
            "modules in the mixture"};
  if (knob == "rank")
    return {knob, "RQ4 {}: which rank?",
            "How does the rank of the modules affect generalisation and stability?",
            "rank of the modules"};
  return {knob, "Fig. 3 {}: how many examples?",
          "How does composition compare with training as the number of examples grows?",
          "examples (shots)"};
}

// The value of the knob `modules`, `rank` or `shots`; NaN where it is a list, or not read.
double value_of(const Condition& condition, const std::string& name) {
  const std::string text = knob(condition.knobs, name);
  if (text.empty()) return std::nan("");
  const study::Trial trial = study::trial_of({{name, text}});
  if (name == "rank") return trial.rank;
  if (name == "shots") return trial.shots.rows.empty() ? trial.shots.count : std::nan("");
  if (!trial.modules.names.empty()) return std::nan("");
  const size_t all = trials(condition).front()->weights.size();
  return trial.modules.count == 0 ? static_cast<double>(all) : trial.modules.count;
}

// What the answer is about comes first: compositions by a search, then others, then what they are
// held against.
int distance_from_question(const Line& line) {
  if (is_searched_composition(line.method)) return 0;
  return role_of(line.method) == study::ReportRole::composition ? 1 : 2;
}

std::vector<Line> lines(const Summary& summary, const std::string& name) {
  std::vector<Line> all;
  for (const Condition& c : summary.conditions) {
    const double x = value_of(c, name);
    if (!std::isfinite(x)) continue;
    const std::string rest = name_without(summary, c, name);
    auto found = std::ranges::find(all, rest, &Line::name);
    if (found == all.end()) found = all.insert(all.end(), {.name = rest, .method = c.method});
    found->at.emplace(x, &c);
  }
  std::erase_if(all, [](const Line& line) { return line.at.size() < 2; });
  std::ranges::stable_sort(all, {}, distance_from_question);
  if (all.size() > kMostSeries) all.resize(kMostSeries);
  for (size_t i = 0; i < all.size(); ++i) all[i].place = i;
  return all;
}

// Conditions that do not read the knob; they become level lines.
std::vector<const Condition*> levels(const Summary& summary, const std::string& name, size_t room) {
  std::vector<const Condition*> found;
  for (const Condition& c : summary.conditions)
    if (knob(c.knobs, name).empty() && found.size() < room) found.push_back(&c);
  return found;
}

Plot frame(const std::string& title, const Axes& what, const std::vector<Line>& all) {
  Plot plot{.title = title, .x = {.label = what.label}, .shape = Shape::bars};
  double low = 1e300, high = 0;
  for (const Line& line : all)
    for (const auto& [x, c] : line.at) {
      low = std::min(low, x);
      high = std::max(high, x);
      const std::string text = base::format("{}", x);
      if (std::ranges::find(plot.x.places, std::pair(text, x)) == plot.x.places.end())
        plot.x.places.emplace_back(text, x);
    }
  plot.x.logarithmic = low > 0 && high / low > 4;
  constexpr double kMargin = 0.08;  // of the data's range: room for series side by side
  const double margin = plot.x.logarithmic ? std::pow(high / low, kMargin) : kMargin * (high - low);
  plot.x.range = plot.x.logarithmic ? std::vector{low / margin, high * margin}
                                    : std::vector{low - margin, high + margin};
  return plot;
}

Figure accuracy_figure(const Summary& summary, const Axes& what, const std::vector<Line>& all) {
  const std::string title = "Accuracy against " + what.label;
  Plot plot = frame(title + ": " + summary.study, what, all);
  plot.y = {.label = "accuracy, % (mean over tasks, 95 %)", .range = {-2, 102}};
  Table table{.head = {"condition", what.label, "trials", "mean, % [95 %]",
                       "interquartile mean, % [95 %]", "mean over tasks of the worst draw, %"}};
  const auto add = [&](Series& s, const Condition& c, double x) {
    const auto strata = accuracies(c);
    const auto found = bootstrap(strata, {mean_of_means, pooled_iqm});
    s.x.push_back(x);
    s.y.push_back(found[0].value);
    s.low.push_back(found[0].low);
    s.high.push_back(found[0].high);
    std::vector<double> worst;
    for (const Stratum& stratum : strata)
      worst.push_back(*std::ranges::min_element(stratum.values));
    table.rows.push_back({s.name, base::format("{}", x), base::format("{}", c.trials),
                          text(found[0]), text(found[1]), base::format("{:.1f}", mean(worst))});
  };
  for (const Line& line : all) {
    Series series{.name = line.name, .style = line.place};
    for (const auto& [x, c] : line.at) add(series, *c, x);
    plot.series.push_back(std::move(series));
  }
  for (const Condition* c : levels(summary, what.knob, kMostSeries - all.size())) {
    Series series{.name = c->name, .style = plot.series.size(), .shape = Shape::lines};
    for (const double x : plot.x.range) {
      add(series, *c, x);
      if (x == plot.x.range[0]) table.rows.back()[1] = "any";
    }
    table.rows.pop_back();  // the other end of a level line
    plot.series.push_back(std::move(series));
  }
  const std::string file = figure_name(summary, what.knob);
  return {.name = file,
          .title = title,
          .caption =
              "Means over tasks; 95 %, draws resampled within tasks. Conditions of one value stand "
              "side by side. A level line with a band is a method that does not read this knob.",
          .svg = draw(plot, file),
          .narrow_svg = draw(plot, file, FigureWidth::phone),
          .table = std::move(table)};
}

bool has_draws(const Condition& c) {
  return std::ranges::any_of(c.tasks, [](const auto& task) { return task.second.size() > 1; });
}

std::optional<Figure> spread_figure(const Summary& summary, const Axes& what,
                                    const std::vector<Line>& all) {
  const std::string title = "Spread between draws against " + what.label;
  Plot plot = frame(title + ": " + summary.study, what, all);
  plot.y = {.label = "standard deviation within a task, points (95 %)"};
  Table table{.head = {"condition", what.label, "standard deviation, points [95 %]"}};
  for (const Line& line : all) {
    Series series{.name = line.name, .style = line.place};
    for (const auto& [x, c] : line.at) {
      if (!has_draws(*c)) continue;
      const Interval i = bootstrap(accuracies(*c), pooled_spread);
      series.x.push_back(x);
      series.y.push_back(i.value);
      series.low.push_back(i.low);
      series.high.push_back(i.high);
      table.rows.push_back({line.name, base::format("{}", x), text(i)});
    }
    if (!series.x.empty()) plot.series.push_back(std::move(series));
  }
  if (plot.series.empty()) return std::nullopt;
  const std::string file = figure_name(summary, what.knob + "-spread");
  return Figure{.name = file,
                .title = title,
                .caption =
                    "Root of the mean variance between draws of a task. With few draws the "
                    "intervals are too narrow, and their values are too low.",
                .svg = draw(plot, file),
                .narrow_svg = draw(plot, file, FigureWidth::phone),
                .table = std::move(table)};
}

Table step_table(const Axes& what, const std::vector<Line>& all) {
  std::vector<std::pair<const Condition*, const Condition*>> pairs;
  std::vector<Cells> labels;
  for (const Line& line : all) {
    const std::vector<std::pair<double, const Condition*>> at(line.at.begin(), line.at.end());
    const auto add = [&](size_t from, size_t to) {
      if (pair_up(*at[to].second, *at[from].second).tasks.empty()) return;
      pairs.emplace_back(at[to].second, at[from].second);
      labels.push_back({line.name, base::format("{} to {}", at[from].first, at[to].first)});
    };
    for (size_t i = 1; i < at.size(); ++i) add(i - 1, i);
    if (at.size() > 2) add(0, at.size() - 1);
  }
  Table table{.title = "Steps: paired change of accuracy, points",
              .head = {"condition", what.label, "change [95 %]", "Wilcoxon p", "Holm p"}};
  const auto found = compare(pairs);
  for (size_t i = 0; i < found.size(); ++i)
    table.rows.push_back({labels[i][0], labels[i][1], signed_text(found[i].difference),
                          p_cell(found[i].test.p), p_cell(found[i].p_holm)});
  return table;
}

std::string change_sentence(const Axes& what, const Line& line) {
  const auto& [low, first] = *line.at.begin();
  const auto& [high, last] = *line.at.rbegin();
  const auto found = compare({{last, first}});
  if (found.empty()) return "";
  const Verdict change = verdict(found[0]);
  const std::string range = what.knob == "rank"
                                ? base::format("rank {} to rank {}", low, high)
                                : base::format("{} to {} {}", low, high, what.label);
  return base::format("From {}, the accuracy of {} {} ({} points).", range, line.name,
                      change == Verdict::open     ? "is not shown to change"
                      : change == Verdict::better ? "rises"
                                                  : "falls",
                      signed_text(found[0].difference));
}

std::string spread_sentence(const Line& line) {
  const Condition *first = line.at.begin()->second, *last = line.at.rbegin()->second;
  if (!has_draws(*first) || !has_draws(*last)) return "";
  const Interval a = bootstrap(accuracies(*first), pooled_spread),
                 b = bootstrap(accuracies(*last), pooled_spread);
  const bool apart = a.high < b.low || b.high < a.low;
  return base::format(" The standard deviation between draws goes from {} to {} points{}.", text(a),
                      text(b), apart ? "" : ", which is not shown to be a change");
}

constexpr const char* kOfExamples = "How does accuracy change as the number of examples grows?";

bool learns_from_examples(const Line& line) {
  const study::ReportRole role = role_of(line.method);
  return role == study::ReportRole::training || role == study::ReportRole::examples_in_prompt;
}

bool has_rivals(const std::vector<Line>& all) {
  return std::ranges::any_of(all, learns_from_examples);
}

// Compares with methods that learn from the same examples, at both ends of the line.
std::string rivals_sentence(const std::vector<Line>& all, const Line& mine) {
  std::string text;
  for (const Line& other : all) {
    if (!learns_from_examples(other)) continue;
    for (const double x : {mine.at.begin()->first, mine.at.rbegin()->first}) {
      if (!other.at.contains(x)) continue;
      const auto found = compare({{mine.at.at(x), other.at.at(x)}});
      if (found.empty()) continue;
      text += base::format("{} at {} it is {} {}", text.empty() ? "" : ",", x, against(found[0]),
                           other.name);
    }
  }
  if (text.empty()) return text;
  return " With the same examples," + text + ".";
}

std::string answer(const Axes& what, const std::vector<Line>& all) {
  const std::string rivals = what.knob == "shots" ? rivals_sentence(all, all[0]) : "";
  return change_sentence(what, all[0]) + (rivals.empty() ? spread_sentence(all[0]) : rivals);
}

}  // namespace

std::string sweep_answer(const Summary& summary, const std::string& name) {
  const std::vector<Line> all = lines(summary, name);
  return all.empty() ? "" : answer(axes(name), all);
}

std::optional<Section> sweep(const Summary& summary, const std::string& name) {
  const std::vector<Line> all = lines(summary, name);
  if (all.empty()) return std::nullopt;
  const Axes what = axes(name);
  Section section{.title = fmt::format(fmt::runtime(what.title), summary.study)};
  section.blocks.emplace_back(
      Text{.text = name == "shots" && !has_rivals(all) ? kOfExamples : what.question,
           .role = Text::Role::question});
  if (const std::string text = answer(what, all); !text.empty())
    section.blocks.emplace_back(Text{.text = text, .role = Text::Role::answer});
  section.blocks.emplace_back(accuracy_figure(summary, what, all));
  if (auto figure = spread_figure(summary, what, all))
    section.blocks.emplace_back(std::move(*figure));
  section.blocks.emplace_back(step_table(what, all));
  return section;
}

}  // namespace lorahub::report
