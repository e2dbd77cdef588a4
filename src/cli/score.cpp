#include <CLI/App.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "cli/commands.hpp"
#include "cli/mixing_options.hpp"
#include "cli/named_options.hpp"
#include "cli/weights_file.hpp"
#include "cli/words.hpp"
#include "plan/lengths.hpp"
#include "run/score_mixtures.hpp"
#include "study/choices.hpp"
#include "task/row.hpp"

namespace lorahub::cli {
namespace {

struct ScoreOptions {
  ModelOptions model;
  std::string library, modules, task, columns, rows, weights, engine = "fast";
  MixingOptions mixing;
  bool json = false, no_memory_check = false;
  int longest = study::kUsualMaxInput;
};

// The rows of the option: "2:5" means rows 2, 3, 4 of the file, "" all of them.
std::vector<task::Example> read_rows(const ScoreOptions& options) {
  const std::string& rows = options.rows;
  std::vector<task::Example> examples = task::read_examples(
      options.task, {.columns = task::parse_columns(options.columns, "--columns")});
  if (rows.empty()) return examples;
  const auto [first, last] = two_numbers(rows, ':').value_or(std::pair(0, 0));
  base::check(first < last && static_cast<size_t>(last) <= examples.size(),
              "--rows {}: expected FIRST:LAST within the {} rows of {}, such as 0:5", rows,
              examples.size(), options.task);
  return {examples.begin() + first, examples.begin() + last};
}

search::Population population(const std::string& file, int modules) {
  search::Population candidates{.dim = modules};
  for (const std::vector<double>& row : read_weights(file)) {
    base::check(static_cast<int>(row.size()) == modules,
                "{}: weight vector {} has {} weights for {} modules, give one weight a module",
                file, candidates.size(), row.size(), modules);
    candidates.add(row);
  }
  return candidates;
}

// Refuses rows that are too long, and says how many are cut.
void check_rows(const ScoreOptions& options, const objective::LoadedModel& loaded,
                const std::vector<task::Example>& rows) {
  const text::Tokenizer& tokenizer = *loaded.tokenizer;
  task::check_lengths(tokenizer, rows, options.task,
                      {.tokens = options.longest,
                       .remedy = "raise --max-input",
                       .window = loaded.model->architecture().window()});
  const plan::CutShots cut{.cut = plan::count_cut(tokenizer, rows), .of = rows.size()};
  warn(plan::sentence(cut));
}

// The mixtures of --library and --weights.
run::Mixtures mixtures(const ScoreOptions& options, const objective::LoadedModel& loaded) {
  run::Mixtures mixtures{.pool = load_pool(options.library, options.modules,
                                           {.model = options.model.model,
                                            .architecture = loaded.model->architecture(),
                                            .device = loaded.device,
                                            .threads = loaded.threads}),
                         .rule = rule(options.mixing)};
  mixtures.candidates = population(options.weights, mixtures.pool.size());
  return mixtures;
}

void check_options(const ScoreOptions& options) {
  base::check(options.library.empty() == options.weights.empty(),
              "--library and --weights belong together (a weight is that of a module; with neither "
              "the base is scored), give both or none");
  base::check(options.modules.empty() || !options.library.empty(),
              "--modules names modules of a --library (none is given), give both");
  base::check(options.mixing.composition.empty() || !options.weights.empty(),
              "--composition says how --weights are mixed (none are given), give both");
  rule(options.mixing);
  base::check(options.engine == "fast" || !options.library.empty(),
              "--engine reference is for mixtures (no --library is given), give one");
}

// Says which losses are not finite; "" where all are. JSON has null in their place.
std::string not_finite(const search::Losses& losses) {
  std::vector<std::string> numbers;
  for (size_t p = 0; p < losses.size(); ++p)
    if (!std::isfinite(losses[p])) numbers.push_back(std::to_string(p));
  if (numbers.empty()) return "";
  return base::format(
      "{} of {} candidates have no finite loss (number {}: such weights overflow the model), take "
      "smaller weights",
      numbers.size(), losses.size(), base::join(numbers, ", "));
}

// 0, or 1 where a candidate has no loss.
int tell(const search::Losses& losses) {
  const std::string overflowed = not_finite(losses);
  warn(overflowed);
  return overflowed.empty() ? 0 : 1;
}

void print_json(const run::Scored& scored) {
  nlohmann::json by_candidate = nlohmann::json::array();
  for (size_t p = 0; p < scored.losses.size(); ++p) {
    nlohmann::json sums = nlohmann::json::array();
    for (int k = 0; k < scored.sums.examples; ++k)
      sums.push_back(scored.sums.at(static_cast<int>(p), k));
    by_candidate.push_back(std::move(sums));
  }
  fmt::print("{}\n", base::json_text(nlohmann::json{{"modules", scored.modules},
                                                    {"tokens", scored.tokens},
                                                    {"loss_sum", by_candidate},
                                                    {"objective", scored.losses}}));
}

void print_text(const search::Losses& losses) {
  for (size_t p = 0; p < losses.size(); ++p)
    fmt::print("candidate {}: objective {}\n", p,
               std::isfinite(losses[p]) ? base::format("{:.6f}", losses[p]) : "not finite");
}

int score(const ScoreOptions& options) {
  check_options(options);
  const std::vector<task::Example> rows = read_rows(options);
  objective::LoadedModel loaded = load_model(options.model);
  check_rows(options, loaded, rows);
  const auto precision = study::parse<study::Precision>(options.model.precision, "--precision");
  objective::add_narrow_weights(loaded, precision, loaded.threads);
  const auto pairs = objective::tokenize(*loaded.tokenizer, rows);
  const run::Scored scored =
      options.library.empty()
          ? run::score_base(loaded, pairs)
          : run::score(loaded, mixtures(options, loaded), pairs,
                       {.precision = precision,
                        .engine = study::parse<study::Engine>(options.engine, "--engine"),
                        .memory_check = options.no_memory_check ? run::MemoryCheck::skip
                                                                : run::MemoryCheck::refuse});
  options.json ? print_json(scored) : print_text(scored.losses);
  return tell(scored.losses);
}

}  // namespace

void add_score(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("score", "loss of given weight vectors, or of the base");
  command->footer(
      "Example: lorahub score --model mini --library mini --modules find_letter,max_letter --task "
      "mini/unseen/E1_isa_letter --rows 0:5 --weights w.json --json");
  const auto options = std::make_shared<ScoreOptions>();
  add_model(*command, options->model.model)->required();
  add_library(*command, options->library,
              "a folder of PEFT adapters (default: none, the base is scored)");
  command->add_option("--modules", options->modules, "their names, with commas (default: all)");
  add_task(*command, options->task, RowsOfTask::pool,
           "examples, JSON lines or a table (.csv, .tsv)")
      ->required();
  add_columns(*command, options->columns);
  command->add_option("--rows", options->rows, "FIRST:LAST, only these (default: all)");
  command->add_option("--weights", options->weights, "JSON: a list of weight vectors");
  add_mixing(*command, options->mixing);
  command
      ->add_option("--engine", options->engine,
                   "the fast forward pass, or the plain one that it is tested against")
      ->check(CLI::IsMember({"fast", "reference"}));
  add_max_input(*command, options->longest);
  add_no_memory_check(*command, options->no_memory_check);
  command->add_flag("--json", options->json, "modules, tokens, loss sums and objectives as JSON");
  add_hardware(*command, options->model, study::words<study::Precision>());
  command->callback([options, &action] { action = [options] { return score(*options); }; });
}

}  // namespace lorahub::cli
