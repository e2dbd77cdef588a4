#include "report/figures/trial_course.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "base/text.hpp"
#include "report/conditions.hpp"
#include "report/figures/plot.hpp"
#include "report/number_text.hpp"
#include "report/summary.hpp"
#include "study/losses.hpp"

namespace lorahub::report {
namespace {

constexpr size_t kMostRows = 20;  // of a table of the course

// Whole numbers from 0 to `count` - 1, evenly spread, the first and the last included.
std::vector<size_t> some(size_t count) {
  std::vector<size_t> chosen;
  const size_t most = std::min(count, kMostRows);
  for (size_t k = 0; k < most; ++k) chosen.push_back(most == 1 ? 0 : k * (count - 1) / (most - 1));
  return chosen;
}

std::string figure_name(const store::Finding& trial, const char* what) {
  return base::format("trial-{}-{}", trial.row.id, what);
}

std::string settings(const store::Finding& trial) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : trial.row.knobs)
    if (!value.empty()) texts.push_back(base::format("{}={}", name, value));
  return base::join(texts, ", ");
}

std::string unit_of_loss(const store::Finding& trial) {
  return std::string(study::loss_unit(trial.row.knobs));
}

// Losses that are no numbers leave gaps.
std::vector<double> finite(std::vector<double> values) {
  for (double& value : values)
    if (!std::isfinite(value)) value = std::numeric_limits<double>::quiet_NaN();
  return values;
}

bool is_positive(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double v) { return std::isnan(v) || v > 0; });
}

Figure loss_figure(const store::Finding& trial) {
  std::vector<double> evaluation, best;
  double least = std::numeric_limits<double>::infinity();
  for (size_t e = 0; e < trial.losses.size(); ++e) {
    evaluation.push_back(static_cast<double>(e + 1));
    if (trial.losses[e] < least) least = trial.losses[e];
    best.push_back(least);
  }
  const std::string file = figure_name(trial, "loss");
  Plot plot{.title = "Loss of each candidate: " + trial.row.id,
            .x = {.label = "evaluations (candidates)",
                  .range = {0, static_cast<double>(trial.losses.size()) + 1}},
            .y = {.label = "few-shot loss with its penalty, " + unit_of_loss(trial),
                  .logarithmic = is_positive(finite(trial.losses))}};
  plot.series = {{.name = "a candidate",
                  .style = 5,
                  .x = evaluation,
                  .y = finite(trial.losses),
                  .shape = Shape::dots},
                 {.name = "best so far",
                  .style = 0,
                  .x = evaluation,
                  .y = finite(best),
                  .shape = Shape::steps}};
  Table table{.head = {"evaluation", "generation", "loss", "best so far"}};
  for (const size_t e : some(trial.losses.size()))
    table.rows.push_back({base::format("{}", e + 1), base::format("{}", trial.generations[e]),
                          or_dash(trial.losses[e], 4), or_dash(best[e], 4)});
  return {.name = file,
          .title = "Loss of each candidate, and the best so far",
          .caption =
              "The search sees this loss, penalty included. A candidate without a loss "
              "leaves a gap.",
          .svg = draw(plot, file),
          .narrow_svg = draw(plot, file, FigureWidth::phone),
          .table = std::move(table)};
}

// Of each generation: how many candidates came before it.
std::vector<double> starts(const store::Finding& trial) {
  std::vector<double> found;
  for (size_t e = 0; e < trial.generations.size(); ++e)
    if (e == 0 || trial.generations[e] != trial.generations[e - 1])
      found.push_back(static_cast<double>(e));
  return found;
}

struct Quantity {
  const char *what, *title, *label, *caption;
  const std::vector<double>& values;  // [steps * runs]
};

Figure state_figure(const store::Finding& trial, const store::SearchState& state,
                    const Quantity& quantity) {
  const std::vector<double> at = starts(trial);
  const std::string file = figure_name(trial, quantity.what);
  Plot plot{.title = base::format("{}: {}", quantity.title, trial.row.id),
            .x = {.label = "evaluations before the generation",
                  .range = {0, static_cast<double>(trial.losses.size()) + 1}},
            .y = {.label = quantity.label, .logarithmic = true}};
  Table table{.head = {"generation"}};
  for (size_t run = 0; run < state.runs; ++run) {
    plot.series.push_back({.name = base::format("run {}", run + 1), .style = run});
    table.head.push_back(plot.series.back().name);
    for (size_t step = 0; step < std::min<size_t>(state.steps, at.size()); ++step) {
      plot.series.back().x.push_back(at[step]);
      plot.series.back().y.push_back(quantity.values[step * state.runs + run]);
    }
  }
  for (const size_t step : some(std::min<size_t>(state.steps, at.size()))) {
    table.rows.push_back({base::format("{}", step)});
    for (const Series& series : plot.series)
      table.rows.back().push_back(or_dash(series.y[step], 4));
  }
  return {.name = file,
          .title = quantity.title,
          .caption = quantity.caption,
          .svg = draw(plot, file),
          .narrow_svg = draw(plot, file, FigureWidth::phone),
          .table = std::move(table)};
}

Table numbers(const store::Finding& trial) {
  const store::ResultRow& row = trial.row;
  return {.title = "What it came to",
          .head = {"", "value"},
          .rows = {{"least few-shot loss with its penalty, " + unit_of_loss(trial),
                    or_dash(row.best_loss, 4)},
                   {"few-shot loss of the base, " + unit_of_loss(trial), or_dash(row.zero_loss, 4)},
                   {"accuracy on its test rows, %", or_dash(row.accuracy, 1)},
                   {"test rows", base::format("{}", row.test_rows)},
                   {"evaluations", count_text(static_cast<double>(row.counts.evaluations))},
                   {"search, s", base::format("{:.2f}", row.timing.search)}}};
}

}  // namespace

const store::Finding& find_trial(const std::vector<store::Finding>& trials, const std::string& id) {
  const store::Finding* found = nullptr;
  for (const store::Finding& trial : trials) {
    if (!trial.row.id.starts_with(id)) continue;
    const bool is_another = found != nullptr && found->row.id != trial.row.id;
    base::check(!is_another, "--trial {}: several ids begin like this ({}, {}), write more of it",
                id, found == nullptr ? "" : found->row.id, trial.row.id);
    if (found == nullptr || trial.row.status == "done") found = &trial;
  }
  base::check(found != nullptr && !id.empty(),
              "--trial {}: no trial of these results has this id, take one of the column `id` (of "
              "lorahub plan, or of /runs)",
              id);
  base::check(found->row.status == "done",
              "--trial {}: this trial is {} (its course is known when it is done), run the study",
              id, found->row.status);
  base::check(!found->losses.empty(),
              "--trial {}: this trial ran no search (its method is {}), take one that did", id,
              knob(found->row.knobs, "method"));
  return *found;
}

Report trial_report(const store::Finding& trial, const store::SearchState& state) {
  Section section{.title =
                      base::format("Trial {}: {} {}", trial.row.id, knob(trial.row.knobs, "task"),
                                   knob(trial.row.knobs, "method"))};
  section.blocks.emplace_back(Text{.text = settings(trial), .role = Text::Role::note});
  section.blocks.emplace_back(numbers(trial));
  section.blocks.emplace_back(loss_figure(trial));
  if (state.steps == 0) {
    section.blocks.emplace_back(Text{
        .text = "Its result file has no sigma and no axis ratio: the search was not CMA-ES, or "
                "an earlier version of the program wrote the file.",
        .role = Text::Role::note});
  } else {
    section.blocks.emplace_back(
        state_figure(trial, state,
                     {.what = "sigma",
                      .title = "Step size of each generation",
                      .label = "sigma, 1",
                      .caption = "A generation is drawn from N(mean, sigma² C).",
                      .values = state.sigma}));
    section.blocks.emplace_back(state_figure(
        trial, state,
        {.what = "axes",
         .title = "Axis ratio of each generation",
         .label = "longest axis of C over its shortest, 1",
         .caption = "1: the search looks as far in every direction; the more, the longer is the "
                    "valley that it follows.",
         .values = state.axis_ratio}));
  }
  return {.title = "Trial " + trial.row.id, .sections = {std::move(section)}};
}

}  // namespace lorahub::report
