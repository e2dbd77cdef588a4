#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/text.hpp"
#include "report/conditions.hpp"
#include "report/course.hpp"
#include "report/figures/plot.hpp"
#include "report/number_text.hpp"
#include "report/roles.hpp"
#include "report/sections/sections.hpp"
#include "report/sections/targets.hpp"
#include "report/statistics/aggregate.hpp"
#include "report/statistics/improvement.hpp"
#include "study/losses.hpp"

namespace lorahub::report {
namespace {

// The compositions that search, where the study has several searches.
std::vector<const Condition*> searches(const Summary& summary) {
  std::vector<const Condition*> found;
  for (const Condition* c : compositions(summary))
    if (std::ranges::any_of(trials(*c), [](const auto* t) { return !t->losses.empty(); }))
      found.push_back(c);
  const bool varied = std::ranges::any_of(summary.varied, [](const auto& entry) {
    return is_searched_composition(entry.first) &&
           std::ranges::any_of(entry.second,
                               [](const std::string& name) { return name.starts_with("search."); });
  });
  const bool others = std::ranges::any_of(compositions(summary), [](const Condition* c) {
    return !is_searched_composition(c->method);
  });
  if (found.size() < 2 || (!varied && !others)) found.clear();
  return found;
}

const Condition& reference(const std::vector<const Condition*>& searches) {
  for (const Condition* c : searches)
    if (knob(c->knobs, "search.method") == "official") return *c;
  return *searches.front();
}

// What the trials of a condition have spent: a search may end before its budget.
struct Spent {
  double least = std::numeric_limits<double>::infinity(), most = 0;
};

Spent spent(const Condition& condition, Currency currency) {
  Spent all;
  for (const auto* trial : trials(condition)) {
    const Course run = course(*trial, currency);
    if (run.cost.empty()) continue;
    all.least = std::min(all.least, run.cost.back());
    all.most = std::max(all.most, run.cost.back());
  }
  return all;
}

// The largest budget that every trial of every search has spent.
double common_budget(const std::vector<const Condition*>& searches, Currency currency) {
  double least = std::numeric_limits<double>::infinity();
  for (const Condition* c : searches) least = std::min(least, spent(*c, currency).least);
  return least;
}

// The unit of their losses, for an axis.
std::string unit_of_losses(const std::vector<const Condition*>& all) {
  std::vector<std::map<std::string, std::string>> knobs;
  for (const Condition* c : all) knobs.push_back(c->knobs);
  return study::loss_units(knobs);
}

// Whether losses of both are values of one function of the shots.
bool have_one_loss(const Condition& one, const Condition& other) {
  return knob(one.knobs, "loss") == knob(other.knobs, "loss") &&
         knob(one.knobs, "loss.held_out") == knob(other.knobs, "loss.held_out");
}

// The reference and those whose losses compare with its.
std::vector<const Condition*> of_one_loss(const std::vector<const Condition*>& all) {
  std::vector<const Condition*> alike;
  std::ranges::copy_if(all, std::back_inserter(alike),
                       [&](const Condition* c) { return have_one_loss(*c, reference(all)); });
  return alike;
}

// Differences of losses; none where the losses do not compare.
std::vector<Stratum> loss_differences(const Condition& condition, const Condition& base,
                                      const FindingValue& loss) {
  if (!have_one_loss(condition, base)) return {};
  return differences(pair_up(condition, base), loss);
}

FindingValue loss_within(Currency currency, double budget) {
  return [=](const store::Finding& trial) { return best_within(course(trial, currency), budget); };
}

std::vector<double> loss_range(const std::vector<Series>& all) {
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const Series& s : all) {
    least = std::min(least, *std::ranges::min_element(s.low));
    most = std::max(most, *std::ranges::max_element(s.high));
  }
  return {least / 1.2, most * 1.2};
}

// Median over the trials of a condition, between its quartiles.
Series loss_series(const Condition& condition, Currency currency) {
  std::vector<Course> courses;
  for (const auto* trial : trials(condition)) courses.push_back(course(*trial, currency));
  Series series{.name = condition.name, .style = condition.place};
  for (const double x : logarithmic_grid(spent(condition, currency).most, kGridPoints)) {
    std::vector<double> values;
    for (const Course& run : courses)
      if (const double v = best_within(run, x); std::isfinite(v)) values.push_back(v);
    if (values.empty()) continue;
    series.x.push_back(x);
    series.y.push_back(median(values));
    series.low.push_back(quantile(values, 0.25));
    series.high.push_back(quantile(values, 0.75));
  }
  return series;
}

// The steps of the series at a few budgets.
Table loss_table(const std::vector<Series>& all, std::vector<double> budgets,
                 const std::string& currency) {
  Table table{.head = {currency}};
  for (const Series& s : all) table.head.push_back(s.name);
  std::ranges::sort(budgets);
  budgets.erase(std::unique(budgets.begin(), budgets.end()), budgets.end());
  for (const double x : budgets) {
    table.rows.push_back({count_text(x)});
    for (const Series& s : all) {
      const auto end = std::ranges::upper_bound(s.x, x);
      const bool over = s.x.empty() || x > s.x.back() || end == s.x.begin();
      table.rows.back().push_back(
          over ? "–" : base::format("{:.3f}", s.y[static_cast<size_t>(end - s.x.begin()) - 1]));
    }
  }
  return table;
}

Figure loss_figure(const Summary& summary, const std::vector<const Condition*>& all,
                   Currency currency) {
  Plot plot{.title = base::format("Best loss so far against {}: {}", name(currency), summary.study),
            .x = {.label = label(currency), .logarithmic = true},
            .y = {.label = "few-shot loss with its penalty, " + unit_of_losses(all)},
            .shape = Shape::steps};
  std::vector<double> marks;
  double first = std::numeric_limits<double>::infinity(), last = 1;
  for (const Condition* c : all) {
    for (const double x : logarithmic_grid(spent(*c, currency).most, 6)) marks.push_back(x);
    Series series = loss_series(*c, currency);
    if (series.x.empty()) continue;
    first = std::min(first, series.x.front());
    last = std::max(last, series.x.back());
    plot.series.push_back(std::move(series));
  }
  const bool positive = std::ranges::all_of(plot.series, [](const Series& s) {
    return std::ranges::all_of(s.low, [](double v) { return v > 0; });
  });
  plot.x.range = {std::min(first, last), std::max(2.0, last)};
  if (positive) {
    plot.y.logarithmic = true;
    plot.y.range = loss_range(plot.series);
  }
  const std::string file = figure_name(summary, "loss-" + name(currency));
  return {.name = file,
          .title = "Best loss so far against " + name(currency),
          .caption = "Median over tasks and draws; bands: quartiles.",
          .svg = draw(plot, file),
          .narrow_svg = draw(plot, file, FigureWidth::phone),
          .table = loss_table(plot.series, std::move(marks), name(currency))};
}

Table budget_table(const std::vector<const Condition*>& all) {
  const Condition& base = reference(all);
  const double evaluations = common_budget(all, Currency::evaluations),
               rounds = common_budget(all, Currency::rounds);
  const auto infinite = std::numeric_limits<double>::infinity();
  Table table{.title = base::format("Few-shot loss against {}, {}; negative is better", base.name,
                                    unit_of_losses(all)),
              .head = {"search", base::format("after {:.0f} evaluations", evaluations),
                       base::format("after {:.0f} rounds", rounds), "at the end",
                       "accuracy at the end, points"}};
  for (const Condition* c : all) {
    if (c == &base) continue;
    const Pairing pairing = pair_up(*c, base);
    table.rows.push_back({c->name});
    for (const FindingValue& value :
         {loss_within(Currency::evaluations, evaluations), loss_within(Currency::rounds, rounds),
          loss_within(Currency::evaluations, infinite)}) {
      const auto strata = loss_differences(*c, base, value);
      table.rows.back().push_back(
          strata.empty() ? "–" : signed_text(bootstrap(strata, mean_of_means), 3));
    }
    const auto strata = differences(pairing, accuracy);
    table.rows.back().push_back(strata.empty() ? "–"
                                               : signed_text(bootstrap(strata, mean_of_means)));
  }
  return table;
}

std::string verdict_word(const Effect& e, const char* above, const char* below) {
  if (verdict(e) == Verdict::open) return "no difference can be shown";
  return verdict(e) == Verdict::better ? above : below;
}

std::string points_text(const Condition& condition, const Effect& accuracy) {
  return base::format("{} {} points ({})", condition.name, signed_text(accuracy.difference),
                      verdict_word(accuracy, "better", "worse"));
}

// Groups of searches that have spent the same, by their example-forwards. One group of all searches
// is left out.
std::map<double, std::vector<const Condition*>> peers(const std::vector<const Condition*>& all) {
  std::map<double, std::vector<const Condition*>> by_cost;
  for (const Condition* c : all) {
    const Spent forwards = spent(*c, Currency::forwards);
    if (forwards.least == forwards.most) by_cost[forwards.most].push_back(c);
  }
  std::erase_if(by_cost, [&](const auto& group) {
    return group.second.size() < 2 || group.second.size() == all.size();
  });
  return by_cost;
}

// "With 2000 example-forwards each, accuracy against A: B +3.9 [..] points (better), C .."
std::string equal_budgets(const std::vector<const Condition*>& all) {
  std::string text;
  for (const auto& [forwards, group] : peers(all)) {
    const Condition& base = reference(group);
    std::vector<std::string> points;
    for (const Condition* c : group) {
      if (c == &base || points.size() == kMostNamed) continue;
      const auto hits = differences(pair_up(*c, base), accuracy);
      if (hits.empty()) continue;
      points.push_back(points_text(*c, effect(hits)));
    }
    if (!points.empty())
      text += base::format(" With {} example-forwards each, accuracy against {}: {}.",
                           count_text(forwards), base.name, base::join(points, ", "));
  }
  return text;
}

std::string answer(const std::vector<const Condition*>& all) {
  const Condition& base = reference(all);
  const double evaluations = common_budget(all, Currency::evaluations);
  std::vector<std::string> losses, points;
  for (const Condition* c : all) {
    if (c == &base || losses.size() == kMostNamed) continue;
    const Pairing pairing = pair_up(*c, base);
    const auto loss = loss_differences(*c, base, loss_within(Currency::evaluations, evaluations));
    const auto hits = differences(pairing, accuracy);
    if (loss.empty() || hits.empty()) continue;
    const Effect l = effect(loss), p = effect(hits);
    losses.push_back(base::format("{} {} {} ({})", c->name, signed_text(l.difference, 3),
                                  unit_of_losses({c}), verdict_word(l, "worse", "better")));
    points.push_back(points_text(*c, p));
  }
  if (losses.empty()) return "";
  const std::string rest = all.size() - 1 > losses.size() ? "; the others in the table" : "";
  return base::format(
      "After {:.0f} evaluations, which all of them spent, few-shot loss with its penalty against "
      "{}: {}{}. At their "
      "full budgets, accuracy against {}: {}{}.{}",
      evaluations, base.name, base::join(losses, ", "), rest, base.name, base::join(points, ", "),
      rest, equal_budgets(all));
}

Figure improvement_matrix(const Summary& summary, const std::vector<const Condition*>& all) {
  PlotMatrix matrix{.title = "Probability of improvement: " + summary.study,
                    .x_label = "second, by its number",
                    .y_label = "first",
                    .colour_label = "P(first better), 1",
                    .range = {0, 0.5, 1}};
  Table table{.title = "", .head = {"P(row better than column) [95 %]"}};
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (const Condition* row : all) {
    const size_t number = matrix.rows.size() + 1;
    matrix.rows.push_back(base::format("{} ({})", row->name, number));
    matrix.columns.push_back(base::format("({})", number));
    table.head.push_back(row->name);
    table.rows.push_back({row->name});
    matrix.values.emplace_back();
    for (const Condition* column : all) {
      const auto strata =
          row == column ? std::vector<Stratum>{} : differences(pair_up(*row, *column), accuracy);
      const Interval i = strata.empty() ? Interval{.value = none}
                                        : bootstrap(strata, share_of_wins, {.replicates = 2000});
      matrix.values.back().push_back(i.value);
      table.rows.back().push_back(strata.empty() ? "–" : text(i, 2));
    }
  }
  const std::string file = figure_name(summary, "improvement");
  return {.name = file,
          .title = "Probability of improvement",
          .caption =
              "How often the row's search has the higher test accuracy on the same task and "
              "draw; ties count half.",
          .svg = draw(matrix, file),
          .narrow_svg = draw(matrix, file, FigureWidth::phone),
          .table = std::move(table)};
}

}  // namespace

std::string searching_answer(const Summary& summary) {
  const std::vector<const Condition*> all = shown(searches(summary));
  return all.empty() ? "" : answer(all);
}

std::optional<Section> searching(const Summary& summary) {
  const std::vector<const Condition*> all = shown(searches(summary));
  if (all.empty()) return std::nullopt;
  Section section{.title = "RQ2 " + summary.study + ": which search?"};
  section.blocks.emplace_back(
      Text{.text = "Is gradient-free search competitive, and in which budget?",
           .role = Text::Role::question});
  if (const std::string text = answer(all); !text.empty())
    section.blocks.emplace_back(Text{.text = text, .role = Text::Role::answer});
  if (const size_t number = searches(summary).size(); number > all.size())
    section.blocks.emplace_back(
        Text{.text = base::format("{} of {} searches are shown.", all.size(), number),
             .role = Text::Role::note});
  section.blocks.emplace_back(budget_table(all));
  for (const Currency currency : kCurrencies)
    section.blocks.emplace_back(loss_figure(summary, all, currency));
  for (const Currency currency : {Currency::evaluations, Currency::rounds})
    if (const auto alike = of_one_loss(all); alike.size() > 1)
      section.blocks.emplace_back(target_figure(summary, alike, currency));
  section.blocks.emplace_back(improvement_matrix(summary, all));
  section.blocks.emplace_back(
      Text{.text = "Lower few-shot loss is not higher test accuracy by itself: a search that fits "
                   "few shots closely can overfit them. Losses of different compositions or "
                   "penalties are of different functions.",
           .role = Text::Role::note});
  return section;
}

}  // namespace lorahub::report
