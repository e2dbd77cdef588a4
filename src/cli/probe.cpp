#include "run/probe.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/progress.hpp"
#include "cli/commands.hpp"
#include "cli/named_options.hpp"
#include "cli/outputs.hpp"
#include "cli/task_rows.hpp"
#include "lora/base_names.hpp"
#include "report/figures/plot.hpp"
#include "report/table.hpp"
#include "run/probe_json.hpp"
#include "study/choices.hpp"

namespace lorahub::cli {
namespace {

namespace fs = std::filesystem;

struct ProbeWords {
  ModelOptions model;
  std::string library, modules, task, columns, map, cache;
  int shots = 5, longest = study::kUsualMaxInput;
  uint64_t seed = 1;
  bool json = false, no_memory_check = false, quiet = false;
  lora::Force force = lora::Force::no;
};

run::ProbeFindings probe(const ProbeWords& options) {
  const std::vector<std::string> names =
      lora::pick(options.library, {.count = 0, .names = base::split(options.modules, ',')}, 0);
  const TaskRows rows(options.task, options.columns);
  const task::Task task = task::load({.task = fs::path(options.task).stem().string(),
                                      .task_files = rows.files(),
                                      .shots = {.count = options.shots, .rows = {}},
                                      .seed = {.modules = 1, .shots = options.seed, .search = 1}});
  const objective::LoadedModel loaded = load_model(options.model);
  warn(run::check_shots(
      loaded, task,
      {.rows = options.task,
       .max_input = options.longest,
       .memory = options.no_memory_check ? run::MemoryCheck::skip : run::MemoryCheck::refuse}));
  warn(lora::base_warning(lora::named_bases(options.library, names), options.model.model));
  base::Progress bar(options.quiet, base::FirstLine::after_a_while);
  const auto watch = [&bar](const run::ProbeProgress& now) {
    bar.show(static_cast<double>(now.done) / static_cast<double>(std::max<size_t>(now.all, 1)),
             base::format("{} of {} modules", now.done, now.all));
  };
  run::ProbeFindings found = run::probe_library(
      loaded, task,
      {.model = options.model.model,
       .library = options.library,
       .names = names,
       .misfits = options.modules.empty() ? run::Misfits::leave_out : run::Misfits::refuse,
       .precision = study::parse<study::Precision>(options.model.precision, "--precision"),
       .cache = options.cache,
       .watch = watch});
  for (const std::string& sentence : found.left_out) warn("left out: " + sentence);
  return found;
}

// The most similar other module, and how similar it is.
std::pair<std::string, double> nearest(const run::ProbeFindings& found, size_t i) {
  std::pair<std::string, double> best{"", -2};
  for (size_t j = 0; j < found.modules.size(); ++j)
    if (j != i && found.cosines[i][j] > best.second)
      best = {found.modules[j].name, found.cosines[i][j]};
  return best;
}

void print_table(const run::ProbeFindings& found) {
  const auto cells = [](const std::string& name, const run::Probed& p) {
    return report::Cells{name, base::format("{:.4f}", p.loss), base::format("{:.1f}", p.accuracy),
                         base::format("{:.1f}", p.changed)};
  };
  std::vector<report::Cells> rows{cells("(base)", found.base)};
  rows.back().insert(rows.back().end(), {"", "", "", "", ""});
  for (size_t i = 0; i < found.modules.size(); ++i) {
    const run::ProbedModule& module = found.modules[i];
    const auto [other, cosine] = nearest(found, i);
    rows.push_back(cells(module.name, module.alone));
    for (const double norm : {module.norms.a, module.norms.b, module.norms.product})
      rows.back().push_back(base::format("{:.3g}", norm));
    rows.back().push_back(other);
    rows.back().push_back(other.empty() ? "" : base::format("{:.3f}", cosine));
  }
  fmt::print("{}", report::table({"module", "loss", "accuracy, %", "changed, %", "|A|", "|B|",
                                  "|BA| alpha/r", "most similar", "cosine"},
                                 rows));
}

int run_probe(const ProbeWords& options) {
  if (!options.map.empty()) check_replaceable(options.map, kFigureMarks, options.force);
  const run::ProbeFindings found = probe(options);
  if (!options.map.empty()) {
    std::vector<std::string> names;
    for (const run::ProbedModule& module : found.modules) names.push_back(module.name);
    report::PlotMatrix map{.title = "similarity of what modules add",
                           .x_label = "",
                           .y_label = "",
                           .colour_label = "cosine",
                           .columns = names,
                           .rows = names,
                           .values = found.cosines,
                           .range = {-1, 0, 1}};
    report::arrange(map);
    base::write_file(options.map, report::draw(map, "similarity"));
  }
  if (options.json)
    fmt::print("{}\n", run::probe_json(found));
  else
    print_table(found);
  return 0;
}

}  // namespace

void add_probe(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "probe", "each module alone on the shots: loss, accuracy, norms, similarity");
  command->footer(
      "Example: lorahub probe --model mini --library mini --task mini/unseen/E1_isa_letter --map "
      "similarity.svg");
  const auto options = std::make_shared<ProbeWords>();
  add_model(*command, options->model.model)->required();
  add_library(*command, options->library, "a folder of PEFT adapters")->required();
  command->add_option("--modules", options->modules,
                      "their names, with commas (default: all that fit the model)");
  add_task(*command, options->task, RowsOfTask::pool,
           "examples, JSON lines or a table (.csv, .tsv)")
      ->required();
  add_columns(*command, options->columns);
  command->add_option("--shots", options->shots, "examples drawn from the file")
      ->check(CLI::Range(1, 100000));
  command->add_option("--seed", options->seed, "of the draw");
  command->add_option("--map", options->map, "write the similarities as a heat map (SVG)");
  add_force(*command, options->force);
  command->add_option("--cache", options->cache,
                      "folder of earlier results (default: ~/.cache/lorahub/probe)");
  add_max_input(*command, options->longest);
  add_no_memory_check(*command, options->no_memory_check);
  command->add_flag("--json", options->json, "as JSON");
  command->add_flag("--quiet", options->quiet, "no progress");
  add_hardware(*command, options->model);
  command->callback([options, &action] { action = [options] { return run_probe(*options); }; });
}

}  // namespace lorahub::cli
