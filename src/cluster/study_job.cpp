#include "cluster/study_job.hpp"

#include <cstdlib>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/files.hpp"

namespace lorahub::cluster {
namespace {

std::vector<std::string> plan_words(const SubmitOptions& options) {
  std::vector<std::string> words{options.study_file};
  for (const std::string& setting : trial_settings(options))
    words.insert(words.end(), {"--set", setting});
  return words;
}

std::vector<std::string> run_words(const SubmitOptions& options, const JobRequest& request) {
  std::vector<std::string> words;
  for (const std::string& only : options.only) words.insert(words.end(), {"--only", only});
  if (options.retry_failed) words.emplace_back("--retry-failed");
  if (options.no_memory_check) words.emplace_back("--no-memory-check");
  const std::string device = options.device.empty() && request.gpus > 0 ? "cuda" : options.device;
  const std::pair<std::string, std::string> values[] = {
      {"--device", device},
      {"--threads", options.threads},
      {"--trials-per-rank", options.trials_per_rank},
      {"--groups", options.groups},
      {"--stall-timeout", options.stall_timeout},
      {"--hang-timeout", options.hang_timeout},
      {"--on-trial", options.on_trial},
      {"--on-study", options.on_study}};
  for (const auto& [name, value] : values)
    if (!value.empty()) words.insert(words.end(), {name, value});
  return words;
}

std::vector<std::pair<std::string, std::string>> environment() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const char* name : {"LORAHUB_CONFIGS", "HF_HOME", "HF_HUB_CACHE"})
    if (const char* value = std::getenv(name)) variables.emplace_back(name, value);
  return variables;
}

// The study's job has been submitted by now, so a refusal is told and is no error.
void submit_report(const JobScript& report, const Scheduler& scheduler, Submitted& submitted) {
  try {
    submitted.submission.report = scheduler.submit(report.file, submitted.submission.job);
  } catch (const base::Error& error) {
    submitted.report_problem = base::format("no job for the report: {}; run {} yourself",
                                            error.what(), report.file.string());
  }
}

}  // namespace

std::vector<std::string> trial_settings(const SubmitOptions& options) {
  std::vector<std::string> settings = options.set;
  if (!options.engine.empty()) settings.push_back("engine=" + options.engine);
  if (!options.precision.empty()) settings.push_back("precision=" + options.precision);
  return settings;
}

void check_options(const SubmitOptions& options, const Scheduler& scheduler) {
  scheduler.check_options(options.pass);
  if (!options.request.time.empty()) scheduler.seconds(options.request.time, "--time");
}

BatchJob make_job(const SubmitOptions& options, const Site& site, const Scheduler& scheduler,
                  const std::string& study_name) {
  const JobRequest request = resolved(options.request, site);
  return {.study = study_name,
          .command_line = options.command_line,
          .folder = std::filesystem::current_path(),
          .out = options.out.empty() ? std::filesystem::path("results") / study_name
                                     : std::filesystem::path(options.out),
          .program = site.program.empty() ? options.program : site.program,
          .launcher = site.launcher == "auto" ? scheduler.default_launcher() : site.launcher,
          .plan = plan_words(options),
          .options = run_words(options, request),
          .environment = environment(),
          .site = site,
          .need = options.need,
          .request = request,
          .pass = options.pass};
}

Submitted submit_job(const BatchJob& job, const JobScripts& scripts, const Scheduler& scheduler,
                     int trials) {
  base::write_file(scripts.study.file, scripts.study.text);
  base::write_file(scripts.report.file, scripts.report.text);
  Submitted submitted;
  Submission& submission = submitted.submission;
  submission = {.job = scheduler.submit(scripts.study.file, ""),
                .shards = job.request.array,
                .trials = trials};
  submit_report(scripts.report, scheduler, submitted);
  submission.submitted_utc = base::utc_now();
  add_submission(job.out, scheduler, submission);
  return submitted;
}

}  // namespace lorahub::cluster
