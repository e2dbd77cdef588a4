// Makes the jobs of a study from the options of `lorahub submit`, and submits them.
#pragma once
#include <string>
#include <vector>

#include "cluster/job.hpp"
#include "cluster/scheduler.hpp"
#include "cluster/submissions.hpp"

namespace lorahub::cluster {

struct SubmitOptions {
  std::string study_file;
  std::string out;           // results folder; "": results/<study name>
  std::string command_line;  // for the reader of the script
  std::string program;       // shell words that start lorahub where the site names none
  JobRequest request;
  JobNeed need;
  std::vector<std::string> pass;  // words for the scheduler
  // options of `run`, which are handed on
  std::vector<std::string> set, only;
  std::string engine, precision, device, threads, trials_per_rank, groups, stall_timeout,
      hang_timeout, on_trial, on_study;
  bool retry_failed = false, no_memory_check = false;
};

// The options that change the study's trials, as KEY=VALUE, which `run`, `plan` and `merge` read
// after --set.
std::vector<std::string> trial_settings(const SubmitOptions& options);

// Error for a time limit or an option that this scheduler would refuse or misread.
void check_options(const SubmitOptions& options, const Scheduler& scheduler);

// The job of a checked study of that name. Where the site leaves the launcher open, the scheduler
// of this machine is asked; LORAHUB_CONFIGS, HF_HOME and HF_HUB_CACHE are handed on where they are
// set.
BatchJob make_job(const SubmitOptions& options, const Site& site, const Scheduler& scheduler,
                  const std::string& study_name);

struct Submitted {
  Submission submission;
  std::string report_problem;  // why there is no job for the report; "" when there is one
};

// Writes the job's scripts into the results folder, submits them, the report's to run after the
// study's, and notes the submission of `trials` trials there. The caller has called check_idle().
// Error when the study's job is refused; a refused report is no error, as the study's job is then
// in the queue.
Submitted submit_job(const BatchJob& job, const JobScripts& scripts, const Scheduler& scheduler,
                     int trials);

}  // namespace lorahub::cluster
