#include <CLI/App.hpp>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "base/check.hpp"
#include "cli/commands.hpp"
#include "cli/words.hpp"
#include "cluster/folder_jobs.hpp"
#include "cluster/study_job.hpp"
#include "plan/cost.hpp"
#include "plan/lacks.hpp"
#include "run/results_folder.hpp"
#include "store/paths.hpp"
#include "study/choices.hpp"
#include "study/remarks.hpp"
#include "study/study.hpp"

namespace lorahub::cli {
namespace {

constexpr int kGpuRankThreads = 4;  // as `run` has them where nothing is said

struct SubmitWords {
  cluster::SubmitOptions job;
  std::string site;  // configs/cluster/<site>.yaml
  bool dry_run = false;
};

struct CheckedStudy {
  study::Study study;
  cluster::JobNeed need;
  std::vector<std::string> lacks;  // what the run would not find on this machine
};

bool on_gpus(const cluster::SubmitOptions& options, const cluster::JobRequest& request) {
  return options.device.empty() ? request.gpus > 0 : options.device == "cuda";
}

// Of the ranks on CPUs the time is known, by this machine's speed.
cluster::JobNeed need(const plan::StudyCost& cost, const cluster::SubmitOptions& options,
                      const cluster::JobRequest& request) {
  const bool gpus = on_gpus(options, request);
  const int threads =
      options.threads.empty() ? (gpus ? kGpuRankThreads : 1) : std::atoi(options.threads.c_str());
  return {.threads = threads,
          .shared_bytes = cost.shared_bytes,
          .own_bytes = cost.memory_bytes - cost.shared_bytes,
          .seconds = gpus ? 0 : cost.prediction.seconds / std::max(1, request.array)};
}

// A study that could not run is found here, not after a night in the queue.
CheckedStudy checked_study(const cluster::SubmitOptions& options,
                           const cluster::JobRequest& request) {
  const auto changes = settings(cluster::trial_settings(options), "--set");
  study::Study study = study::load(options.study_file, changes);
  say(study::remarks(study::given_knobs(options.study_file, changes), study.trials));
  const auto trials = options.only.empty()
                          ? study.trials
                          : study::only(study.trials, settings(options.only, "--only"));
  base::check(static_cast<size_t>(request.array) <= trials.size(),
              "--array {}: there are only {} trials to run (a shard would be empty), use fewer "
              "shards",
              request.array, trials.size());
  const plan::StudyCost cost = plan::cost(trials, {.ranks = request.ranks});
  for (const std::string& caution : plan::cautions(cost))
    fmt::print(stderr, "lorahub: {}\n", caution);
  const base::Device device = on_gpus(options, request) ? base::Device::cuda : base::Device::cpu;
  return {.study = std::move(study),
          .need = need(cost, options, request),
          .lacks = plan::lacks(trials, device)};
}

// What `run` would refuse in the job: its words, and a results folder that holds something else.
void check_run_options(const cluster::SubmitOptions& options, const cluster::JobRequest& request) {
  if (on_gpus(options, request)) check_gpu_threads(std::atoi(options.threads.c_str()));
}

// What is missing here is missing in the job, too, unless the site has a program of its own, which
// may see other files.
void check_lacks(const CheckedStudy& checked, const cluster::Site& site, bool dry_run) {
  if (!dry_run && site.program.empty() && !checked.lacks.empty())
    base::fail("nothing is submitted (the job would end with 2 as soon as it runs): {}",
               base::join(checked.lacks, "; "));
  for (const std::string& sentence : checked.lacks) warn("missing here: " + sentence);
}

std::string program() {
  return base::shell_word(std::filesystem::read_symlink("/proc/self/exe").string());
}

std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');)
    if (word != "--dry-run") words.push_back(words.empty() ? "lorahub" : base::shell_word(word));
  return base::join(words, " ");
}

void print(const cluster::JobScripts& scripts) {
  fmt::print("{}\n# {}\n{}", scripts.study.text, scripts.report.file.string(), scripts.report.text);
}

void print(const cluster::Submitted& submitted, const cluster::BatchJob& job,
           const cluster::JobScripts& scripts) {
  const auto& [submission, problem] = submitted;
  if (!problem.empty()) fmt::print(stderr, "lorahub: {}\n", problem);
  fmt::print("job {}{}\n", submission.job,
             submission.shards > 0 ? base::format(" ({} shards)", submission.shards) : "");
  if (!submission.report.empty()) fmt::print("job {} (report, after it)\n", submission.report);
  fmt::print("scripts and logs: {}; how it goes: lorahub status {}\n",
             scripts.study.file.parent_path().string(), job.out.string());
}

int submit(SubmitWords options) {
  options.job.command_line = command_line();
  options.job.program = program();
  const auto folder = std::filesystem::absolute(options.job.study_file).parent_path();
  const cluster::Site site = cluster::read_site(options.site, folder);
  const cluster::Scheduler scheduler = *cluster::find_scheduler(site.scheduler);
  cluster::check_options(options.job, scheduler);
  const cluster::JobRequest request = cluster::resolved(options.job.request, site);
  check_run_options(options.job, request);
  const CheckedStudy checked = checked_study(options.job, request);
  check_lacks(checked, site, options.dry_run);
  options.job.need = checked.need;
  const study::Study& study = checked.study;
  const cluster::BatchJob job = cluster::make_job(options.job, site, scheduler, study.name);
  run::check_results_folder(
      job.out, study, request.array > 0 ? store::shard_name(1, request.array) : std::string());
  const cluster::JobScripts scripts = scheduler.render(job);
  if (options.dry_run) {
    print(scripts);
    return 0;
  }
  cluster::check_idle(job.out, cluster::schedulers());
  print(cluster::submit_job(job, scripts, scheduler, static_cast<int>(study.trials.size())), job,
        scripts);
  return 0;
}

// One fact about all batch systems, for a help text.
std::string any_of(std::string cluster::Scheduler::*fact) {
  return base::join(cluster::listed(fact), " or ");
}

void add_request(CLI::App& command, cluster::JobRequest& request) {
  const auto positive = CLI::Range(1, 1000000);
  command.add_option("--nodes", request.nodes, "nodes")->check(positive);
  command.add_option("--ranks", request.ranks, "ranks in all (default: one a GPU, or one a node)")
      ->check(positive);
  command.add_option("--gpus", request.gpus, "GPUs in all; the ranks then run on cuda")
      ->check(positive);
  command.add_option(
      "--time", request.time,
      "time limit of one job, as " + any_of(&cluster::Scheduler::name) + " writes it: 04:00:00");
  command.add_option("--partition", request.partition, "partition");
  command.add_option("--account", request.account, "account");
  command.add_option("--array", request.array, "N: an array of N jobs, each a shard of the trials")
      ->check(positive);
}

void add_run_options(CLI::App& command, cluster::SubmitOptions& options) {
  // one word each: a list that goes on would take the -- before the scheduler's options for its end
  const auto one_each = [](CLI::Option* option) { option->take_all()->allow_extra_args(false); };
  one_each(command.add_option("--set", options.set, "KEY=VALUE: override a knob of the study"));
  one_each(
      command.add_option("--only", options.only, "KEY=VALUE: only the trials with this value"));
  command.add_flag("--retry-failed", options.retry_failed, "run failed trials again");
  add_no_memory_check(command, options.no_memory_check);
  command
      .add_option("--engine", options.engine,
                  "the fast forward pass, or the plain one that it is tested against")
      ->check(CLI::IsMember({"fast", "reference"}));
  command
      .add_option("--precision", options.precision,
                  "numbers of the model, in the place of the study's")
      ->check(CLI::IsMember(study::words<study::Precision>()));
  command.add_option("--device", options.device, "where the model is computed")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command.add_option("--threads", options.threads, "threads of each rank")
      ->check(CLI::Range(1, 1024));
  command
      .add_option("--trials-per-rank", options.trials_per_rank,
                  "trials that a rank works on at the same time, as of run")
      ->check(CLI::Range(1, 16));
  command.add_option("--groups", options.groups, "groups of ranks, as of run")
      ->each([](const std::string& text) { group_count(text); });
  command.add_option("--stall-timeout", options.stall_timeout, "seconds, as of run")
      ->check([](const std::string& text) { return wrong_seconds(text, kMostStall); });
  command.add_option("--hang-timeout", options.hang_timeout, "seconds, as of run")
      ->check([](const std::string& text) { return wrong_seconds(text, kMostHang); });
  command.add_option("--on-trial", options.on_trial, "a shell command, as of run");
  command.add_option("--on-study", options.on_study, "a shell command, as of run");
}

}  // namespace

void add_submit(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("submit", "write a study's " + any_of(&cluster::Scheduler::name) +
                                       " scripts, submit them, and the report after them");
  command->footer(
      "Example: lorahub submit experiments/quickstart.yaml --array 3 --ranks 8 --time 04:00:00 "
      "--cluster example -- --qos=long");
  const auto options = std::make_shared<SubmitWords>();
  cluster::SubmitOptions& job = options->job;
  command->add_option("STUDY", job.study_file, "the study's YAML file")->required();
  command->add_option("SCHEDULER_OPTIONS", job.pass,
                      "after --: options for " + any_of(&cluster::Scheduler::submit_command));
  add_request(*command, job.request);
  command->add_option("--cluster", options->site, "a site: configs/cluster/NAME.yaml");
  command->add_option("--out", job.out, "results folder (default: results/<study name>)");
  command->add_flag("--dry-run", options->dry_run, "print the scripts and do nothing");
  add_run_options(*command, job);
  command->callback([options, &action] { action = [options] { return submit(*options); }; });
}

}  // namespace lorahub::cli
