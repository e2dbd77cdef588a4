#include <CLI/App.hpp>
#include <memory>

#include "base/check.hpp"
#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cli/on_ranks.hpp"
#include "cli/words.hpp"
#include "run/run_study.hpp"
#include "store/paths.hpp"
#include "study/choices.hpp"
#include "study/remarks.hpp"
#include "study/study.hpp"

namespace lorahub::cli {
namespace {

struct RunOptions {
  std::string study, out, engine, precision, shard;
  std::vector<std::string> set, only;
  bool retry_failed = false, quiet = false, no_memory_check = false;
  std::string device = "cpu";
  int threads = 0, trials = 0;
  std::string groups = "auto";
  double stall_timeout = 60, hang_timeout = 0;  // seconds
  run::HookCommands hooks;
};

struct Shard {
  int i = 1, n = 1;  // from 1
};

Shard shard(const std::string& text) {
  constexpr int kMost = 999'999;  // of six digits, as files are named (store/paths.hpp)
  const auto [i, n] = two_numbers(text, '/').value_or(std::pair(0, 0));
  base::check(1 <= i && i <= n && n <= kMost,
              "--shard {}: expected I/N with 1 <= I <= N <= {}, such as 1/4", text, kMost);
  return {.i = i, .n = n};
}

std::vector<study::Setting> all_settings(const RunOptions& options) {
  std::vector<study::Setting> set = settings(options.set, "--set");
  if (!options.engine.empty()) set.emplace_back("engine", options.engine);
  if (!options.precision.empty()) set.emplace_back("precision", options.precision);
  return set;
}

// Warnings about a study that can be read; run_study reports one that can't, on all ranks.
std::vector<std::string> remarks(const RunOptions& options) {
  try {
    const std::vector<study::Setting> set = all_settings(options);
    return study::remarks(study::given_knobs(options.study, set),
                          study::load(options.study, set).trials);
  } catch (const base::Error&) {
    return {};
  }
}

run::Selection load(const RunOptions& options) {
  study::Study study = study::load(options.study, all_settings(options));
  if (!options.shard.empty()) {
    const auto [i, n] = shard(options.shard);
    std::vector<study::Trial> mine;
    for (auto t = static_cast<size_t>(i - 1); t < study.trials.size(); t += static_cast<size_t>(n))
      mine.push_back(study.trials[t]);
    base::check(!mine.empty(),
                "--shard {}: the study has only {} trials (this shard is empty), use fewer shards",
                options.shard, study.trials.size());
    study.trials = std::move(mine);
  }
  if (options.only.empty()) return {.study = study, .trials = study.trials};
  return {.study = study, .trials = study::only(study.trials, settings(options.only, "--only"))};
}

objective::Hardware hardware_of(const RunOptions& options, const workers::World& group) {
  objective::Hardware result =
      hardware({.device = options.device, .threads = options.threads},
               {.rank = group.rank_on_node(), .ranks = group.ranks_on_node()});
  result.trials = options.trials > 0 ? options.trials : objective::default_trials(result.device);
  return result;
}

int run_on(workers::World& group, const RunOptions& options) {
  const std::string name = std::filesystem::path(options.study).stem().string();
  const run::StudyOptions study_options{
      .out = options.out.empty() ? std::filesystem::path("results") / name
                                 : std::filesystem::path(options.out),
      .shard = options.shard.empty()
                   ? ""
                   : store::shard_name(shard(options.shard).i, shard(options.shard).n),
      .hardware = hardware_of(options, group),
      .groups = group_count(options.groups),
      .stall_timeout = options.stall_timeout,
      .hang_timeout = options.hang_timeout,
      .failed = options.retry_failed ? run::Failed::retry : run::Failed::keep,
      .memory_check = options.no_memory_check ? run::MemoryCheck::skip : run::MemoryCheck::refuse,
      .verbosity = options.quiet ? run::Verbosity::quiet : run::Verbosity::progress,
      .hooks = options.hooks,
      .command_line = base::printable_line(base::join(command_words(), " "))};
  const auto read = [&] {
    if (group.is_coordinator()) say(remarks(options));
    return load(options);
  };
  return run::run_study(read, study_options, group);
}

int run_command(const RunOptions& options) {
  return in_session({.device = options.device},
                    [&](workers::World& group) { return run_on(group, options); });
}

}  // namespace

std::vector<study::Setting> settings(const std::vector<std::string>& words,
                                     std::string_view option) {
  std::vector<study::Setting> result;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    base::check(equals != std::string::npos && equals > 0,
                "{} {}: expected KEY=VALUE, such as {} seed=1", option, word, option);
    result.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return result;
}

void add_run(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("run", "run every trial of a study that is not done yet");
  command->footer(
      "Example: mpirun -np 4 lorahub run experiments/quickstart.yaml --only task=E1_isa_letter");
  const auto options = std::make_shared<RunOptions>();
  command->add_option("STUDY", options->study, "the study's YAML file")->required();
  command->add_option("--out", options->out, "results folder (default: results/<study name>)");
  command->add_option("--set", options->set, "KEY=VALUE: override a knob of the study")->take_all();
  command->add_option("--only", options->only, "KEY=VALUE: only the trials with this value")
      ->take_all();
  command->add_option("--shard", options->shard,
                      "I/N: every N-th trial, from the I-th, with a journal of its own");
  command->add_flag("--retry-failed", options->retry_failed, "run failed trials again");
  command
      ->add_option("--engine", options->engine,
                   "the fast forward pass, or the plain one that it is tested against")
      ->check(CLI::IsMember({"fast", "reference"}));
  command
      ->add_option("--precision", options->precision,
                   "numbers of the model, in the place of the study's")
      ->check(CLI::IsMember(study::words<study::Precision>()));
  add_device(*command, options->device, options->threads);
  command
      ->add_option("--trials-per-rank", options->trials,
                   "trials that a rank works on at the same time (default: 1 on a CPU, 2 on a GPU, "
                   "which computes one while the host thinks about the other)")
      ->check(CLI::Range(1, 16));
  command->add_option("--groups", options->groups,
                      "groups of ranks, each with a trial of its own: auto (those that end first), "
                      "or how many");
  command
      ->add_option("--stall-timeout", options->stall_timeout,
                   "seconds of silence after which a rank counts as lost (all end with 75)")
      ->check(CLI::Validator([](std::string& text) { return wrong_seconds(text, kMostStall); },
                             "FLOAT in [1 - 86400]"));
  command
      ->add_option("--hang-timeout", options->hang_timeout,
                   "seconds after which a rank that does not end what it computes or reads counts "
                   "as hung (all end with 75; default: half an hour, or 50 times what is "
                   "predicted where that is longer)")
      ->check(CLI::Validator([](std::string& text) { return wrong_seconds(text, kMostHang); },
                             "FLOAT in [1 - 1e+07]"));
  add_no_memory_check(*command, options->no_memory_check);
  command->add_option("--on-trial", options->hooks.trial,
                      "a shell command for each trial that ends, which gets a JSON object on its "
                      "standard input; the run does not wait for it");
  command->add_option("--on-study", options->hooks.study, "the same for the end of the run");
  command->add_flag("--quiet", options->quiet, "no progress");
  command->callback([options, &action] { action = [options] { return run_command(*options); }; });
}

}  // namespace lorahub::cli
