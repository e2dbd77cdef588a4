#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "base/text.hpp"
#include "report/conditions.hpp"
#include "report/course.hpp"
#include "report/figures/plot.hpp"
#include "report/number_text.hpp"
#include "report/roles.hpp"
#include "report/sections/sections.hpp"
#include "report/statistics/aggregate.hpp"

namespace lorahub::report {
namespace {

constexpr double kWide = 30;  // largest over smallest, from which an axis is logarithmic

struct TokenCost {                             // of a condition, or of its trials on one task
  double query = 0, adaptation = 0, rows = 0;  // tokens a query, tokens once, test rows a trial
  double query_s = 0, adaptation_s = 0;
};

constexpr study::ReportRole kInContext = study::ReportRole::examples_in_prompt;

bool is_in_context(const Condition& condition) { return role_of(condition.method) == kInContext; }

using Trials = std::vector<const store::Finding*>;

TokenCost cost(const Trials& all) {
  TokenCost c;
  double tokens = 0;
  for (const auto* trial : all) {
    tokens += static_cast<double>(trial->row.counts.answer_tokens);
    c.rows += trial->row.test_rows;
    c.adaptation += static_cast<double>(trial->row.counts.search_tokens);
    c.query_s += trial->row.timing.answer;
    c.adaptation_s += trial->row.timing.search;
  }
  const auto n = static_cast<double>(all.size());
  c.query = tokens / c.rows;
  c.query_s /= c.rows;
  c.rows /= n;
  c.adaptation /= n;
  c.adaptation_s /= n;
  return c;
}

// Queries after which the tokens saved by short prompts have paid for the adaptation; infinity when
// nothing is saved.
double break_even(const TokenCost& mine, const TokenCost& icl) {
  return icl.query > mine.query ? mine.adaptation / (icl.query - mine.query)
                                : std::numeric_limits<double>::infinity();
}

// The costs of both conditions, from their trials on the tasks that both have.
std::pair<TokenCost, TokenCost> costs(const Condition& mine, const Condition& icl) {
  Trials first, second;
  for (const auto& [task, points] : mine.tasks) {
    const auto other = icl.tasks.find(task);
    if (other == icl.tasks.end()) continue;
    for (const Point& p : points) first.push_back(p.trial);
    for (const Point& p : other->second) second.push_back(p.trial);
  }
  return {cost(first), cost(second)};
}

struct QueryCounts {
  double all = 0, least = 0, most = 0;  // over all tasks together; the extremes of single tasks
};

QueryCounts queries(const Condition& mine, const Condition& icl) {
  const auto [first, second] = costs(mine, icl);
  QueryCounts q{.all = break_even(first, second), .least = std::numeric_limits<double>::infinity()};
  for (const auto& [task, points] : mine.tasks) {
    const auto other = icl.tasks.find(task);
    if (other == icl.tasks.end()) continue;
    const auto of = [](const std::vector<Point>& list) {
      Trials found;
      for (const Point& p : list) found.push_back(p.trial);
      return cost(found);
    };
    const double n = break_even(of(points), of(other->second));
    q.least = std::min(q.least, n);
    q.most = std::max(q.most, n);
  }
  return q;
}

std::string queries_text(const QueryCounts& q) {
  if (!std::isfinite(q.all)) return "never";
  if (std::ceil(q.least) == std::ceil(q.most)) return count_text(std::ceil(q.all));
  return base::format("{} ({} to {} over tasks)", count_text(std::ceil(q.all)),
                      count_text(std::ceil(q.least)),
                      std::isfinite(q.most) ? count_text(std::ceil(q.most)) : "never");
}

Table cost_table(const Summary& summary, const std::vector<const Condition*>& all) {
  Table table{.title = "What an answer costs",
              .head = {"condition", "accuracy, % [95 %]", "tokens a query", "adaptation, tokens",
                       "total for the test rows, tokens", "adaptation, s", "a query, s",
                       "break-even with icl, queries"}};
  for (const Condition* c : all) {
    const TokenCost k = cost(trials(*c));
    const Condition* icl = is_in_context(*c) ? nullptr : control(summary, *c, kInContext);
    table.rows.push_back({c->name, text(c->accuracy), base::format("{:.1f}", k.query),
                          count_text(k.adaptation), count_text(k.adaptation + k.query * k.rows),
                          base::format("{:.2f}", k.adaptation_s), base::format("{:.4f}", k.query_s),
                          icl == nullptr ? "–" : queries_text(queries(*c, *icl))});
  }
  return table;
}

enum class TokenScale { of_a_query, in_all };

// The conditions that fit into a figure, first of all those with examples in the prompt.
std::vector<const Condition*> drawn(const std::vector<const Condition*>& all) {
  std::vector<const Condition*> chosen, rest;
  for (const Condition* c : all)
    (is_in_context(*c) && chosen.size() < kMostSeries / 2 ? chosen : rest).push_back(c);
  std::ranges::stable_sort(rest, {}, &Condition::place);
  for (size_t i = 0; i < rest.size() && chosen.size() < kMostSeries; ++i) chosen.push_back(rest[i]);
  std::vector<const Condition*> kept;
  std::ranges::copy_if(all, std::back_inserter(kept), [&](const Condition* c) {
    return std::ranges::find(chosen, c) != chosen.end();
  });
  return kept;
}

Figure token_figure(const Summary& summary, const std::vector<const Condition*>& all,
                    TokenScale tokens) {
  const bool query = tokens == TokenScale::of_a_query;
  const std::string title =
      query ? "Accuracy against tokens a query" : "Accuracy against total tokens with adaptation";
  Plot plot{.title = title + ": " + summary.study,
            .x = {.label = query ? "source tokens a query"
                                 : "tokens: adaptation and all test rows of a task",
                  .format = "%.0s%c"},
            .y = {.label = "accuracy, % (mean over tasks, 95 %)", .range = {-2, 102}},
            .shape = Shape::points};
  Table table{
      .head = {"condition", query ? "tokens a query" : "tokens in all", "accuracy, % [95 %]"}};
  for (const Condition* c : drawn(all)) {
    const TokenCost k = cost(trials(*c));
    const double x = query ? k.query : k.adaptation + k.query * k.rows;
    const Interval& i = c->accuracy;
    plot.series.push_back({.name = c->name,
                           .style = c->place,
                           .x = {x},
                           .y = {i.value},
                           .low = {i.low},
                           .high = {i.high}});
    table.rows.push_back({c->name, query ? base::format("{:.1f}", x) : count_text(x), text(i)});
  }
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const Series& s : plot.series) {
    least = std::min(least, s.x[0]);
    most = std::max(most, s.x[0]);
  }
  plot.x.logarithmic = most > kWide * least;
  plot.x.range =
      plot.x.logarithmic ? std::vector{least / 1.5, most * 1.5} : std::vector{0.0, most * 1.1};
  const std::string file = figure_name(summary, query ? "tokens-query" : "tokens-total");
  return {.name = file,
          .title = title,
          .caption = std::string(
                         query ? "Source tokens of a test prompt; the adaptation is not counted."
                               : "Source and target tokens of the search, and the source tokens of "
                                 "all test rows of a task.") +
                     " Conditions of like cost are drawn side by side." + left_out(all),
          .svg = draw(plot, file),
          .narrow_svg = draw(plot, file, FigureWidth::phone),
          .table = std::move(table)};
}

Figure break_even_figure(const Summary& summary, const std::vector<const Condition*>& all) {
  constexpr double kQueries[] = {1, 3, 10, 30, 100, 300, 1000, 3000, 10000};
  Plot plot{
      .title = "Total tokens against the number of queries: " + summary.study,
      .x = {.label = "queries answered", .logarithmic = true, .range = {1, 10000}},
      .y = {.label = "tokens in all, adaptation included", .logarithmic = true, .format = "%.0s%c"},
      .shape = Shape::lines};
  Table table{.head = {"queries"}};
  for (const double n : kQueries) table.rows.push_back({count_text(n)});
  for (const Condition* c : drawn(all)) {
    const TokenCost k = cost(trials(*c));
    Series series{.name = c->name, .style = c->place};
    table.head.push_back(c->name);
    for (size_t i = 0; i < std::size(kQueries); ++i) {
      series.x.push_back(kQueries[i]);
      series.y.push_back(k.adaptation + k.query * kQueries[i]);
      table.rows[i].push_back(count_text(series.y.back()));
    }
    plot.series.push_back(std::move(series));
  }
  const std::string file = figure_name(summary, "break-even");
  return {.name = file,
          .title = "Total tokens against the number of queries",
          .caption = "Where a line crosses that of icl, the adaptation has paid for itself." +
                     left_out(all),
          .svg = draw(plot, file),
          .narrow_svg = draw(plot, file, FigureWidth::phone),
          .table = std::move(table)};
}

}  // namespace

std::string efficiency_answer(const Summary& summary) {
  std::vector<std::string> first, second;
  double mine = 0, its = 0;
  for (const Condition* c : compositions(summary)) {
    const Condition* icl = control(summary, *c, kInContext);
    if (icl == nullptr || first.size() == kMostNamed) continue;
    const auto found = compare({{c, icl}});
    if (found.empty()) continue;
    const auto [composed, in_context] = costs(*c, *icl);
    mine += composed.query;
    its += in_context.query;
    const char* words[] = {"better", "worse", "no difference can be shown"};
    first.push_back(base::format("{} {} points ({})", c->name, signed_text(found[0].difference),
                                 words[static_cast<size_t>(verdict(found[0]))]));
    second.push_back(base::format("{} after {}", c->name, queries_text(queries(*c, *icl))));
  }
  if (first.empty()) return "";
  const auto n = static_cast<double>(first.size());
  return base::format(
      "A query to composed modules has {:.1f} tokens, one with the examples in its prompt {:.1f} "
      "({:.1f} times as many); accuracy against icl: {}. In tokens, the adaptation has paid for "
      "itself after so many queries, and for fewer of them in-context learning is cheaper: {}.",
      mine / n, its / n, its / mine, base::join(first, ", "), base::join(second, ", "));
}

std::optional<Section> efficiency(const Summary& summary) {
  const std::string answered = efficiency_answer(summary);
  if (answered.empty()) return std::nullopt;
  std::vector<const Condition*> all;
  for (const Condition& c : summary.conditions) all.push_back(&c);
  Section section{.title = "RQ3 " + summary.study + ": cost against in-context learning"};
  section.blocks.emplace_back(
      Text{.text = "What does composition cost and save against in-context learning?",
           .role = Text::Role::question});
  section.blocks.emplace_back(Text{.text = answered, .role = Text::Role::answer});
  section.blocks.emplace_back(cost_table(summary, all));
  section.blocks.emplace_back(token_figure(summary, all, TokenScale::of_a_query));
  section.blocks.emplace_back(token_figure(summary, all, TokenScale::in_all));
  section.blocks.emplace_back(break_even_figure(summary, all));
  return section;
}

}  // namespace lorahub::report
