#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/files.hpp"
#include "cli/commands.hpp"
#include "cluster/jobs.hpp"
#include "cluster/script.hpp"
#include "cluster/slurm.hpp"
#include "plan/cost.hpp"
#include "study/names.hpp"
#include "study/remarks.hpp"

namespace lorahub::cli {
namespace {

struct Options {
  std::string study, out, cluster;
  cluster::Request request;
  std::vector<std::string> pass;  // to sbatch
  // run's own options, handed on
  std::vector<std::string> set, only;
  std::string engine, precision, device, threads, groups, stall_timeout, hang_timeout;
  bool retry_failed = false, dry_run = false, no_memory_check = false;
};

// What changes the study's trials, as `run`, `plan` and `merge` know it.
std::vector<std::string> knobs(const Options& options) {
  std::vector<std::string> words = options.set;
  if (!options.engine.empty()) words.push_back("engine=" + options.engine);
  if (!options.precision.empty()) words.push_back("precision=" + options.precision);
  return words;
}

std::vector<std::string> run_options(const Options& options, const cluster::Request& request) {
  std::vector<std::string> words;
  for (const std::string& only : options.only) words.insert(words.end(), {"--only", only});
  if (options.retry_failed) words.emplace_back("--retry-failed");
  if (options.no_memory_check) words.emplace_back("--no-memory-check");
  const std::string device = options.device.empty() && request.gpus > 0 ? "cuda" : options.device;
  const std::pair<std::string, std::string> values[] = {{"--device", device},
                                                        {"--threads", options.threads},
                                                        {"--groups", options.groups},
                                                        {"--stall-timeout", options.stall_timeout},
                                                        {"--hang-timeout", options.hang_timeout}};
  for (const auto& [name, value] : values)
    if (!value.empty()) words.insert(words.end(), {name, value});
  return words;
}

// A study that could not run is found here, not after a night in the queue.
study::Study checked_study(const Options& options, const cluster::Request& request) {
  study::Study study = study::load(options.study, settings(knobs(options), "--set"));
  say(study::remarks(study::given_knobs(options.study, settings(knobs(options), "--set")),
                     study.trials));
  const plan::CutShots cut = plan::cost(study.trials, {.ranks = request.ranks}).cut;
  if (cut.cut > 0) fmt::print(stderr, "lorahub: {}\n", plan::sentence(cut));
  const auto trials = options.only.empty()
                          ? study.trials
                          : study::only(study.trials, settings(options.only, "--only"));
  base::check(static_cast<size_t>(request.array) <= trials.size(),
              "--array {}: there are only {} trials to run (a shard would be empty), use fewer "
              "shards",
              request.array, trials.size());
  return study;
}

void check_pass(const std::vector<std::string>& words) {
  base::check(words.empty() || words.front().starts_with('-'),
              "'{}' is not an option (the study is one file), write options for sbatch after --",
              words.empty() ? "" : words.front());
  for (const std::string& word : words)
    for (const std::string_view ours : {"--array", "--requeue", "--no-requeue", "--signal",
                                        "--open-mode", "--wrap", "--output", "--chdir"})
      base::check(word != ours && !word.starts_with(std::string(ours) + "="),
                  "{} after --: the script says that itself (it counts on it), leave it out", word);
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

cluster::Job make_job(const Options& options, const cluster::Site& site,
                      const study::Study& study) {
  cluster::Job job{.study = study.name,
                   .command_line = command_line(),
                   .folder = std::filesystem::current_path(),
                   .out = options.out.empty() ? std::filesystem::path("results") / study.name
                                              : std::filesystem::path(options.out),
                   .program = site.program.empty() ? program() : site.program,
                   .launcher = site.launcher == "auto" ? cluster::launcher() : site.launcher,
                   .plan = {options.study},
                   .site = site,
                   .request = cluster::resolved(options.request, site),
                   .pass = options.pass};
  for (const std::string& knob : knobs(options)) job.plan.insert(job.plan.end(), {"--set", knob});
  job.options = run_options(options, job.request);
  for (const char* name : {"LORAHUB_CONFIGS", "HF_HOME", "HF_HUB_CACHE"})
    if (const char* value = std::getenv(name)) job.environment.emplace_back(name, value);
  return job;
}

// Two jobs on one journal: the second would end at once.
void check_idle(const std::filesystem::path& out) {
  std::vector<std::string> ids;
  for (const cluster::Submission& s : cluster::read_submissions(out)) ids.push_back(s.job);
  for (const cluster::State& state : cluster::queue(ids).states)
    base::check(!cluster::is_active(state),
                "job {} of {} is still {} (two jobs on one journal exclude each other), wait for "
                "it, or scancel {}",
                state.id, out.string(), state.state, state.id);
}

// The study's job has been submitted by now, so this is no error.
std::string submit_report(const cluster::Job& job, const std::string& after) {
  try {
    return cluster::submit(cluster::report_script_file(job.out),
                           {"--dependency=afterany:" + after});
  } catch (const base::Error& error) {
    fmt::print(stderr, "lorahub: no job for the report: {}; run {} yourself\n", error.what(),
               cluster::report_script_file(job.out).string());
    return "";
  }
}

int submit(const Options& options) {
  check_pass(options.pass);
  if (!options.request.time.empty()) cluster::seconds(options.request.time, "--time");
  const auto folder = std::filesystem::absolute(options.study).parent_path();
  const cluster::Site site = cluster::read_site(options.cluster, folder);
  const study::Study study = checked_study(options, cluster::resolved(options.request, site));
  const cluster::Job job = make_job(options, site, study);
  const std::string script = study_script(job), report = report_script(job);
  if (options.dry_run) {
    fmt::print("{}\n# {}\n{}", script, cluster::report_script_file(job.out).string(), report);
    return 0;
  }
  check_idle(job.out);
  base::write_file(cluster::script_file(job.out), script);
  base::write_file(cluster::report_script_file(job.out), report);
  const std::string id = cluster::submit(cluster::script_file(job.out), {});
  const std::string report_id = submit_report(job, id);
  cluster::add_submission(job.out, {.submitted_utc = base::utc_now(),
                                    .job = id,
                                    .report = report_id,
                                    .shards = job.request.array,
                                    .trials = static_cast<int>(study.trials.size())});
  fmt::print("job {}{}\n", id,
             job.request.array > 0 ? base::format(" ({} shards)", job.request.array) : "");
  if (!report_id.empty()) fmt::print("job {} (report, after it)\n", report_id);
  fmt::print("scripts and logs: {}; how it goes: lorahub status {}\n", (job.out / "slurm").string(),
             job.out.string());
  return 0;
}

void add_request(CLI::App& command, cluster::Request& request) {
  const auto positive = CLI::Range(1, 1000000);
  command.add_option("--nodes", request.nodes, "nodes")->check(positive);
  command.add_option("--ranks", request.ranks, "ranks in all (default: one a GPU, or one a node)")
      ->check(positive);
  command.add_option("--gpus", request.gpus, "GPUs in all; the ranks then run on cuda")
      ->check(positive);
  command.add_option("--time", request.time, "time limit of one job, as Slurm writes it: 04:00:00");
  command.add_option("--partition", request.partition, "partition");
  command.add_option("--account", request.account, "account");
  command.add_option("--array", request.array, "N: an array of N jobs, each a shard of the trials")
      ->check(positive);
}

void add_run_options(CLI::App& command, Options& options) {
  // one word each: a list that goes on would take the -- before sbatch's options for its end
  const auto one_each = [](CLI::Option* option) { option->take_all()->allow_extra_args(false); };
  one_each(command.add_option("--set", options.set, "KEY=VALUE: override a knob of the study"));
  one_each(
      command.add_option("--only", options.only, "KEY=VALUE: only the trials with this value"));
  command.add_flag("--retry-failed", options.retry_failed, "run failed trials again");
  add_no_memory_check(command, options.no_memory_check);
  command.add_option("--engine", options.engine, "fast or reference")
      ->check(CLI::IsMember({"fast", "reference"}));
  command
      .add_option("--precision", options.precision,
                  fmt::format("{} (overrides the study)",
                              fmt::join(study::words<study::Precision>(), ", ")))
      ->check(CLI::IsMember(study::words<study::Precision>()));
  command.add_option("--device", options.device, "cpu or cuda")
      ->check(CLI::IsMember({"cpu", "cuda"}));
  command.add_option("--threads", options.threads, "threads of each rank")
      ->check(CLI::Range(1, 1024));
  command.add_option("--groups", options.groups, "groups of ranks, as of run");
  command.add_option("--stall-timeout", options.stall_timeout, "seconds, as of run");
  command.add_option("--hang-timeout", options.hang_timeout, "seconds, as of run");
}

}  // namespace

void add_submit(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "submit", "write a study's Slurm scripts, submit them, and the report after them");
  command->footer(
      "Example: lorahub submit experiments/quickstart.yaml --array 3 --ranks 8 --time 04:00:00 "
      "--cluster example -- --qos=long");
  const auto options = std::make_shared<Options>();
  command->add_option("STUDY", options->study, "the study's YAML file")->required();
  command->add_option("SBATCH", options->pass, "after --: options for sbatch");
  add_request(*command, options->request);
  command->add_option("--cluster", options->cluster, "a site: configs/cluster/NAME.yaml");
  command->add_option("--out", options->out, "results folder (default: results/<study name>)");
  command->add_flag("--dry-run", options->dry_run, "print the scripts and do nothing");
  add_run_options(*command, *options);
  command->callback([options, &action] { action = [options] { return submit(*options); }; });
}

}  // namespace lorahub::cli
