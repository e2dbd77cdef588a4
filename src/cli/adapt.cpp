#include "run/adapt.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
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

namespace lorahub::cli {
namespace {

struct Options {
  ModelOptions model;
  OutOptions out;
  std::string library, task, columns, search = "cma", composition = "factor", penalty = "l1_mean";
  std::string shots = "5", modules = "20";
  std::vector<std::string> set;
  int budget = 40, loss_batch = 0;
  uint64_t seed = 1;
  bool quick = false, json = false, no_memory_check = false;
};

constexpr const char* kAsk = "ask";

// The words as a count from 1; nothing when they are none.
std::optional<int> count(const std::string& words) {
  int value = 0;
  const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), value);
  const bool whole = error == std::errc() && end == words.data() + words.size();
  return whole && value > 0 ? std::optional(value) : std::nullopt;
}

study::ModulesDraw modules(const std::string& words) {
  if (words == "all") return {.count = 0, .names = {}};
  if (const auto number = count(words)) return {.count = *number, .names = {}};
  return {.count = 0, .names = base::split(words, ',')};
}

study::ShotsDraw shots(const std::string& words, const study::TaskFiles& files) {
  study::ShotsDraw draw;
  if (words == "all") {
    draw.rows.resize(task::read_examples(files.pool).size());
    std::iota(draw.rows.begin(), draw.rows.end(), 0);
  } else {
    const auto number = count(words);
    base::check(number.has_value(), "--shots {}: is no number of examples, give one or `all`",
                words);
    draw.count = *number;
  }
  return draw;
}

study::Trial trial(const Options& options, const study::TaskFiles& files) {
  study::Trial trial{.model = options.model.model,
                     .model_path = options.model.model,
                     .library = options.library,
                     .library_path = options.library,
                     .task = std::filesystem::path(options.task).stem().string(),
                     .task_files = files};
  trial.composition = study::parse<study::Composition>(options.composition, "--composition");
  trial.precision = study::parse<study::Precision>(options.model.precision, "--precision");
  trial.penalty.kind = options.penalty == kAsk
                           ? study::PenaltyKind::none
                           : study::parse<study::PenaltyKind>(options.penalty, "--penalty");
  trial.modules = modules(options.modules);
  trial.shots = shots(options.shots, trial.task_files);
  trial.search.method = study::parse<study::SearchMethod>(options.search, "--search");
  trial.search.budget = options.budget;
  trial.seed = {.modules = options.seed, .shots = options.seed, .search = options.seed};
  const std::vector<study::Setting> set = settings(options.set, "--set");
  for (const auto& [knob, value] : set)
    base::check(knob != "model" && knob != "library" && knob != "task" && knob != "method",
                "--set {}={}: is not a setting of the search (adapt has one model, library and "
                "task), use the options --model, --library and --task",
                knob, value);
  study::apply(set, trial);
  return trial;
}

// Warnings about what the user sets without effect.
std::vector<std::string> remarks(const Options& options, const study::Trial& trial) {
  std::vector<std::string> knobs;
  for (const auto& [knob, value] : settings(options.set, "--set")) knobs.push_back(knob);
  return study::remarks(knobs, {trial});
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
  base::check(group.size() == 1 || std::filesystem::is_regular_file(options.task),
              "--task {}: is no file that {} ranks could each read, save the rows in one",
              options.task, group.size());
  const TaskRows rows(options.task, options.columns);
  const study::Trial mine = trial(options, rows.files());
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
      "Example: lorahub adapt --model configs/model/mini --library configs/library/mini/r16 --task "
      "configs/tasks/mini/unseen/E1_isa_letter/pool.jsonl --out adapted");
  const auto options = std::make_shared<Options>();
  command->add_option("--model", options->model.model, "a Hugging Face folder or name")->required();
  command->add_option("--library", options->library, "a folder of PEFT adapters")->required();
  command->add_option("--task", options->task, "examples, JSON lines")->required();
  add_columns(*command, options->columns);
  command->add_option("--shots", options->shots,
                      "examples drawn from the file (default: 5), or `all` in their order");
  command->add_option("--modules", options->modules,
                      "modules drawn from the library (default: 20), `all`, or names with commas");
  command->add_option("--search", options->search, "cma or official")
      ->check(CLI::IsMember({"cma", "official", "random"}));
  command->add_option("--budget", options->budget, "evaluations of the search")
      ->check(CLI::Range(1, 1000000));
  command->add_option("--composition", options->composition, "factor or product")
      ->check(CLI::IsMember({"factor", "product"}));
  command
      ->add_option("--penalty", options->penalty,
                   "of the weights: l1_mean, l1_sum, l2, none, or `ask`: standard output asks "
                   "{\"ask\":\"penalty\",\"weights\":[..],\"loss\":x}, standard input answers "
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
  command->add_option("--seed", options->seed, "of all draws and the search");
  add_out(*command, options->out);
  add_no_memory_check(*command, options->no_memory_check);
  add_hardware(*command, options->model, study::words<study::Precision>());
  command->callback([options, &action] { action = [options] { return adapt(*options); }; });
}

}  // namespace lorahub::cli
