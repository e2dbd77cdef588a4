// The jobs of a results folder: what was submitted for it, together with what the schedulers say
// now.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cluster/scheduler.hpp"
#include "cluster/submissions.hpp"

namespace lorahub::cluster {

struct FolderJob {
  JobState state;
  bool is_report = false;  // the job makes the report and does not run the study
};

struct SilentScheduler {
  std::string problem;   // why it tells nothing
  std::string last_job;  // the last one submitted to it for this folder
};

struct FolderJobs {
  std::vector<Submission> submissions;  // of all schedulers, the latest last
  std::vector<FolderJob> jobs;
  std::vector<SilentScheduler> silent;
};

// Asks each of `schedulers` that was given jobs for this folder.
FolderJobs jobs_of(const std::filesystem::path& out, const std::vector<Scheduler>& schedulers);

// Error when a job of the study is still in a queue or running: two jobs on one journal exclude
// each other, so the second would end at once.
void check_idle(const std::filesystem::path& out, const std::vector<Scheduler>& schedulers);

}  // namespace lorahub::cluster
