#include "run/adapt.hpp"

#include <CLI/App.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <span>

#include "base/check.hpp"
#include "base/progress.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/on_ranks.hpp"
#include "cli/task_rows.hpp"
#include "lora/peft.hpp"
#include "run/adapted_json.hpp"
#include "study/choices.hpp"
#include "study/compositions.hpp"
#include "study/remarks.hpp"
#include "study/single_trial.hpp"
#include "study/study.hpp"

namespace lorahub::cli {
namespace {

struct Options {
  ModelOptions model{.precision = ""};  // as the search says, as all that is not given
  OutOptions out;
  std::string library, task, test, columns, search;
  std::string shots, modules, composition, penalty;
  std::optional<int> budget;
  std::optional<uint64_t> seed;
  std::vector<std::string> set;
  int loss_batch = 0;
  bool quick = false, no_fallback = false, quiet = false, json = false, no_memory_check = false;
};

constexpr const char* kAsk = "ask";
constexpr size_t kShown = 10;  // modules of the table for people

std::string shots_value(const std::string& words, const study::TaskFiles& files) {
  base::check(words == "all" || study::is_count(words),
              "--shots {}: is no number of examples, give one or `all`", words);
  if (study::is_count(words)) return words;
  return study::all_shots_knob(task::read_examples(files.pool).size());
}

// What the options say, as knobs of a study.
std::vector<study::Setting> knobs(const Options& options, const study::TaskFiles& files) {
  std::vector<study::Setting> list = settings(options.set, "--set");
  const auto add = [&list](const char* knob, const std::string& value) {
    if (!value.empty()) list.emplace_back(knob, value);
  };
  if (!options.modules.empty()) add("modules", study::modules_knob(options.modules));
  if (!options.shots.empty()) add("shots", shots_value(options.shots, files));
  if (options.budget) add("search.budget", std::to_string(*options.budget));
  add("composition", options.composition);
  add("penalty.kind", options.penalty == kAsk ? "none" : options.penalty);
  add("precision", options.model.precision);
  if (options.seed) add("seed", std::to_string(*options.seed));
  return list;
}

// Warnings about what the user sets without effect.
std::vector<std::string> remarks(const Options& options, const study::Trial& trial) {
  std::vector<std::string> names;
  for (const auto& [knob, value] : settings(options.set, "--set")) names.push_back(knob);
  if (options.budget) names.emplace_back("search.budget");
  return study::remarks(names, {trial});
}

// Of many modules most have next to no weight: the heaviest are shown, the card has all.
void print_weights(const run::Adapted& adapted, const char* card) {
  std::vector<size_t> order(adapted.modules.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(),
                           [&](size_t i) { return std::abs(adapted.weights[i]); });
  const bool alone = !adapted.single_loss.empty();
  fmt::print("{:<40} {:>8}{}\n", "module", "weight", alone ? "   loss alone" : "");
  const size_t shown = order.size() <= kShown + 1 ? order.size() : kShown;
  for (const size_t i : std::span(order).first(shown))
    fmt::print("{:<40} {:>8.4f}{}\n", adapted.modules[i], adapted.weights[i],
               alone ? base::format(" {:>12.4f}", adapted.single_loss[i]) : "");
  if (shown < order.size())
    fmt::print("... and {} of less weight (the adapter's {} has all)\n", order.size() - shown,
               card);
}

void print(const run::Adapted& adapted, const Options& options) {
  print_weights(adapted, lora::kCardFile);
  fmt::print("\n{}\n", run::contest_table(adapted.contest));
  if (adapted.fell_back())
    fmt::print(
        "The mixture is worse on the examples than a module alone, which is the answer "
        "(--no-fallback keeps the mixture).\n");
  fmt::print("{} written to {}\n", options.out.merge.empty() ? "adapter" : "model",
             options.out.folder);
}

bool asks(const Options& options) { return options.penalty == kAsk; }

// The examples, and the rows of --test or of the task's piece, as files that may be read again.
struct RowFiles {
  std::unique_ptr<TaskRows> examples, test;
};

std::string test_of(const Options& options, const study::SingleTask& task) {
  if (options.test.empty()) return task.is_piece() && !options.quick ? task.named.files.test : "";
  return study::single_task(options.test, "--test").named.files.test;
}

RowFiles read_rows(const Options& options, study::SingleTask& task, int ranks) {
  const std::string test = test_of(options, task), pool = task.named.files.pool;
  for (const std::string& file : {pool, test})
    base::check(ranks == 1 || file.empty() || std::filesystem::is_regular_file(file),
                "{}: is no file that {} ranks could each read, save the rows in one", file, ranks);
  RowFiles rows{.examples = std::make_unique<TaskRows>(pool, options.columns), .test = nullptr};
  task.named.files = rows.examples->files();
  if (test.empty()) return rows;
  base::check(test != pool || options.shots != "all",
              "--test {}: holds the examples, and --shots all learns from each of them (none would "
              "be left to test on), give rows of their own, or fewer shots",
              options.test);
  // A test file under the name of the examples' would count as none.
  const KeepRows keep = test == pool ? KeepRows::always : KeepRows::where_needed;
  rows.test = std::make_unique<TaskRows>(test, options.columns, keep);
  task.named.files.test = rows.test->files().test;
  return rows;
}

run::Adaptation adaptation(const Options& options, const study::Trial& trial) {
  return {
      .trial = trial,
      .loss_batch = options.loss_batch,
      .added = asks(options) ? ask_penalty : search::Added(),
      .comparing =
          options.quick ? run::Comparing::nothing : run::Comparing::base_single_and_mixture,
      .fallback = options.no_fallback ? run::Fallback::none : run::Fallback::best_single,
      .memory_check = options.no_memory_check ? run::MemoryCheck::skip : run::MemoryCheck::refuse};
}

int search_and_print(const Options& options, const study::Trial& trial, workers::World& world) {
  const objective::Hardware hardware =
      cli::hardware(options.model, {.rank = world.rank_on_node(), .ranks = world.ranks_on_node()});
  std::optional<base::Progress> bar(std::in_place, options.quiet);
  run::Adaptation adaptation = cli::adaptation(options, trial);
  adaptation.progress = [&bar, &trial](const run::AdaptProgress& now) {
    bar->show(static_cast<double>(now.evaluations) / now.budget,
              base::format("{} of {} {}, best loss with penalty {:.4f}", now.evaluations,
                           now.budget, study::search_unit(trial), now.best_loss));
  };
  adaptation.begins = [&bar](double done, const std::string& what) { bar->begin(done, what); };
  const run::Output output{.folder = options.out.folder,
                           .rows = options.task,
                           .rank = options.out.rank,
                           .form = form(options.out),
                           .force = options.out.force};
  return run::adapt(adaptation, output, hardware, world, [&](const run::Adapted& adapted) {
    bar.reset();
    if (options.json)
      fmt::print("{}\n", run::adapted_json(adapted, trial, options.out.folder));
    else
      print(adapted, options);
    warn(adapted.delivered.written, options.out);
  });
}

int adapt(const Options& options, workers::World& world) {
  base::check(!asks(options) || options.json,
              "--penalty ask needs --json (its questions are lines of standard output, as the "
              "result then is), give both");
  study::SingleTask task = study::single_task(options.task);
  const RowFiles rows = read_rows(options, task, world.size());
  const study::Trial trial = study::single_trial({.model = options.model.model,
                                                  .library = options.library,
                                                  .task = task,
                                                  .search = options.search,
                                                  .set = knobs(options, task.named.files),
                                                  .adds_to_losses = asks(options)});
  if (world.rank() == 0) say(remarks(options, trial));
  if (world.rank() == 0 && options.search.empty() && study::uses_search(trial.method))
    say(
        {base::format("the search is `{}`, since what was asked for has no gradient, or is of a "
                      "search by losses (--search names one)",
                      study::kUsualSearch)});
  return search_and_print(options, trial, world);
}

}  // namespace

void add_adapt(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("adapt", "few examples in, one composed PEFT adapter out");
  command->footer(
      "Example: lorahub adapt --model mini --library mini --task mini/unseen/E1_isa_letter --out "
      "adapted");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("--model", options->model.model,
                   "a piece of configs/model, a Hugging Face folder or name")
      ->required();
  command
      ->add_option("--library", options->library,
                   "a piece of configs/library, or a folder of PEFT adapters")
      ->required();
  command
      ->add_option(
          "--task", options->task,
          "examples, in a file of rows (JSON lines, .csv, .tsv) or a task of a piece, such as "
          "mini/unseen/E1_isa_letter")
      ->required();
  add_columns(*command, options->columns);
  command->add_option("--shots", options->shots,
                      "examples drawn from the file (default: 5), or `all` in their order");
  command->add_option("--modules", options->modules,
                      "a number drawn from the library, `all`, or names with commas (default: as "
                      "the search says; gradient, recommended: all)");
  command->add_option("--search", options->search,
                      "gradient: along the gradient of the weights; recommended: the best settings "
                      "known of a search by losses alone; official: the paper's; another piece of "
                      "configs/search, or a YAML file of your own (default: gradient; recommended "
                      "with --budget, --penalty ask, delta evaluation, and a loss or a composition "
                      "without a gradient)");
  command
      ->add_option(
          "--budget", options->budget,
          "at most N evaluations of a search by losses, which may end earlier (default: as the "
          "search says)")
      ->check(CLI::Range(1, study::kMostBudget));
  command
      ->add_option("--composition", options->composition,
                   "what is mixed: A and B each, or their products, or as PEFT merges (default: as "
                   "the search says)")
      ->check(CLI::IsMember(study::compositions_that_keep_a_module()));
  command
      ->add_option("--penalty", options->penalty,
                   "of the weights: l1_mean (default), l1_sum, l2, none, or `ask`: standard output "
                   "asks {\"ask\":\"penalty\",\"weights\":[..],\"loss\":x}, standard input answers "
                   "{\"penalty\":y}, a line each")
      ->check(CLI::IsMember({"l1_mean", "l1_sum", "l2", "none", kAsk}));
  command
      ->add_option(
          "--loss-batch", options->loss_batch,
          "examples of a batch of the loss, which sums the means of batches (default: all)")
      ->check(CLI::Range(1, 100000));
  command
      ->add_option("--set", options->set,
                   "KEY=VALUE: another knob, as in a study: search.recommend=mean, say")
      ->take_all();
  command->add_option(
      "--test", options->test,
      "rows of their own, on which base, best single module and mixture are compared "
      "(default: the test rows of a piece's task)");
  command->add_flag("--quick", options->quick,
                    "compare nothing: no module alone, and the test rows of --test alone");
  command->add_flag("--no-fallback", options->no_fallback,
                    "write the mixture even where a module alone has a lower loss on the examples");
  command->add_flag("--quiet", options->quiet, "no progress on standard error");
  command->add_flag("--json", options->json, "the result as one JSON object, in a line");
  command->add_option("--seed", options->seed, "of all draws and the search (default: 1)");
  add_out(*command, options->out);
  add_no_memory_check(*command, options->no_memory_check);
  add_hardware(*command, options->model, study::words<study::Precision>());
  command->callback([options, &action] {
    action = [options] {
      return in_session({.device = options->model.device,
                         .errors = options->json ? ErrorForm::json : ErrorForm::text},
                        [&](workers::World& world) { return adapt(*options, world); });
    };
  });
}

}  // namespace lorahub::cli
