#include "run/adapt.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/signals.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/task_rows.hpp"
#include "cli/words.hpp"
#include "run/lead/input_notes.hpp"
#include "run/run_on_ranks.hpp"
#include "study/names.hpp"
#include "study/remarks.hpp"
#include "study/single_trial.hpp"

namespace lorahub::cli {
namespace {

struct Options {
  ModelOptions model{.precision = ""};  // as the search says, as all that is not given
  OutOptions out;
  std::string library, task, columns, search = study::kUsualSearch;
  std::string shots, modules, composition, penalty;
  std::optional<int> budget;
  std::optional<uint64_t> seed;
  std::vector<std::string> set;
  int loss_batch = 0;
  bool quick = false, json = false, no_memory_check = false;
};

constexpr const char* kAsk = "ask";

bool is_count(const std::string& words) {
  return !words.empty() && std::ranges::all_of(words, [](char c) { return c >= '0' && c <= '9'; });
}

// The option as the value of the knob `modules`.
std::string modules_value(const std::string& words) {
  if (words == "all" || is_count(words)) return words;
  return base::json_text(nlohmann::json(base::split(words, ',')));
}

// The option as the value of the knob `shots`: `all` are the rows of the pool in their order.
std::string shots_value(const std::string& words, const study::TaskFiles& files) {
  base::check(words == "all" || is_count(words),
              "--shots {}: is no number of examples, give one or `all`", words);
  if (is_count(words)) return words;
  std::vector<int> rows(task::read_examples(files.pool).size());
  std::iota(rows.begin(), rows.end(), 0);
  return base::json_text(nlohmann::json(rows));
}

// What the options say, as knobs of a study.
std::vector<study::Setting> knobs(const Options& options, const study::TaskFiles& files) {
  std::vector<study::Setting> list = settings(options.set, "--set");
  const auto add = [&list](const char* knob, const std::string& value) {
    if (!value.empty()) list.emplace_back(knob, value);
  };
  if (!options.modules.empty()) add("modules", modules_value(options.modules));
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
  return study::remarks(names, {trial});
}

void print(const run::Adapted& adapted, const Options& options) {
  const bool alone = !adapted.single_loss.empty();
  fmt::print("{:<40} {:>8}{}\n", "module", "weight", alone ? "   loss alone" : "");
  for (size_t i = 0; i < adapted.modules.size(); ++i)
    fmt::print("{:<40} {:>8.4f}{}\n", adapted.modules[i], adapted.weights[i],
               alone ? base::format(" {:>12.4f}", adapted.single_loss[i]) : "");
  fmt::print("loss on the examples: base {:.4f}, adapted {:.4f}\n", adapted.zero_loss,
             adapted.delivered.loss);
  fmt::print("{} written to {}\n", options.out.merge.empty() ? "adapter" : "model",
             options.out.folder);
}

void print_json(const run::Adapted& adapted, const Options& options) {
  const nlohmann::ordered_json out{{"modules", adapted.modules},
                                   {"weights", adapted.weights},
                                   {"loss", adapted.loss},
                                   {"zero_loss", adapted.zero_loss},
                                   {"single_loss", adapted.single_loss},
                                   {"evaluations", adapted.evaluations},
                                   {"out", options.out.folder}};
  fmt::print("{}\n", base::json_text(out));
}

// Rewords an interruption: the search is kept in memory alone, so the same command begins anew.
base::Interrupted anew(const base::Interrupted& error) {
  const std::string_view promise = "run the same command to go on";
  std::string words = error.what();
  if (const size_t at = words.find(promise); at != std::string::npos) words.erase(at);
  return base::Interrupted(words + "nothing is kept of the search: the same command begins anew");
}

run::Adapted searched(workers::Dispatcher& dispatcher, const Options& options,
                      const study::Trial& trial, const objective::Hardware& hardware) {
  try {
    return run::adapt(dispatcher,
                      {.trial = trial,
                       .loss_batch = options.loss_batch,
                       .added = options.penalty == kAsk ? ask_penalty : search::Added(),
                       .single_losses = !options.quick,
                       .memory_check = options.no_memory_check ? run::MemoryCheck::skip
                                                               : run::MemoryCheck::refuse},
                      hardware,
                      {.folder = options.out.folder,
                       .rows = options.task,
                       .rank = options.out.rank,
                       .form = form(options.out),
                       .force = options.out.force});
  } catch (const base::Interrupted& error) {
    throw anew(error);
  }
}

int adapt(const Options& options) {
  base::check(options.penalty != kAsk || options.json,
              "--penalty ask needs --json (its questions are lines of standard output, as the "
              "result then is), give both");
  base::block_signals();
  workers::Session session;
  workers::World group(identity());
  study::SingleTask task = study::single_task(options.task);
  base::check(group.size() == 1 || std::filesystem::is_regular_file(task.named.files.pool),
              "--task {}: is no file that {} ranks could each read, save the rows in one",
              options.task, group.size());
  const TaskRows rows(task.named.files.pool, options.columns);
  task.named.files = rows.files();
  const study::Trial mine = study::single_trial({.model = options.model.model,
                                                 .library = options.library,
                                                 .task = task,
                                                 .search = options.search,
                                                 .set = knobs(options, rows.files())});
  if (group.rank() == 0) say(remarks(options, mine));
  const objective::Hardware hardware =
      cli::hardware(options.model, {.rank = group.rank_on_node(), .ranks = group.ranks_on_node()});
  const workers::Service service{.threads = hardware.threads};
  const auto make_site = [&] {
    return std::make_unique<run::RankServer>(std::vector{mine}, hardware, group.member());
  };
  return run::run_on_ranks(group, service, make_site, [&](workers::Dispatcher& dispatcher) {
    for (const std::string& note : run::notes({mine})) warn(note);
    const run::Adapted adapted = searched(dispatcher, options, mine, hardware);
    (options.json ? print_json : print)(adapted, options);
    warn(adapted.delivered.written, options.out);
    return 0;
  });
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
      ->add_option("--task", options->task,
                   "examples: a file of rows, or a task of a piece, such as "
                   "mini/unseen/E1_isa_letter")
      ->required();
  add_columns(*command, options->columns);
  command->add_option("--shots", options->shots,
                      "examples drawn from the file (default: 5), or `all` in their order");
  command->add_option("--modules", options->modules,
                      "a number drawn from the library, `all`, or names with commas (default: as "
                      "the search says; recommended: all)");
  command
      ->add_option("--search", options->search,
                   "recommended: the best settings known; official: the paper's; another piece of "
                   "configs/search, or a YAML file of your own")
      ->capture_default_str();
  command
      ->add_option("--budget", options->budget, "evaluations (default: as the search says)")
      ->check(CLI::Range(1, study::kMostBudget));
  command
      ->add_option("--composition", options->composition,
                   "factor or product (default: as the search says)")
      ->check(CLI::IsMember({"factor", "product"}));
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
  command->add_flag("--quick", options->quick, "leave out the loss of each module alone");
  command->add_flag("--json", options->json, "the result as one JSON object, in a line");
  command->add_option("--seed", options->seed, "of all draws and the search (default: 1)");
  add_out(*command, options->out);
  add_no_memory_check(*command, options->no_memory_check);
  add_hardware(*command, options->model, study::words<study::Precision>());
  command->callback([options, &action] { action = [options] { return adapt(*options); }; });
}

}  // namespace lorahub::cli
