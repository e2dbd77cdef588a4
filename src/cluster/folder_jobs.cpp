#include "cluster/folder_jobs.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace lorahub::cluster {
namespace {

std::vector<std::string> study_ids(const std::vector<Submission>& submissions) {
  std::vector<std::string> ids;
  for (const Submission& s : submissions) ids.push_back(s.job);
  return ids;
}

std::vector<std::string> all_ids(const std::vector<Submission>& submissions) {
  std::vector<std::string> ids;
  for (const Submission& s : submissions) {
    ids.push_back(s.job);
    if (!s.report.empty()) ids.push_back(s.report);
  }
  return ids;
}

bool is_report(const std::string& id, const std::vector<Submission>& submissions) {
  return std::ranges::any_of(submissions, [&](const Submission& s) { return s.report == id; });
}

void add_submissions(const std::vector<Submission>& submissions, FolderJobs& all) {
  const auto middle = static_cast<std::ptrdiff_t>(all.submissions.size());
  all.submissions.insert(all.submissions.end(), submissions.begin(), submissions.end());
  std::ranges::inplace_merge(all.submissions, all.submissions.begin() + middle, {},
                             &Submission::submitted_utc);
}

}  // namespace

FolderJobs jobs_of(const std::filesystem::path& out, const std::vector<Scheduler>& schedulers) {
  FolderJobs all;
  for (const Scheduler& scheduler : schedulers) {
    const std::vector<Submission> submissions = read_submissions(out, scheduler);
    if (submissions.empty()) continue;
    const JobQueue queue = scheduler.queue(all_ids(submissions));
    for (const JobState& state : queue.states)
      all.jobs.push_back({.state = state, .is_report = is_report(state.id, submissions)});
    if (!queue.problem.empty())
      all.silent.push_back({.problem = queue.problem, .last_job = submissions.back().job});
    add_submissions(submissions, all);
  }
  return all;
}

void check_idle(const std::filesystem::path& out, const std::vector<Scheduler>& schedulers) {
  for (const Scheduler& scheduler : schedulers) {
    const std::vector<std::string> ids = study_ids(read_submissions(out, scheduler));
    if (ids.empty()) continue;
    for (const JobState& job : scheduler.queue(ids).states)
      base::check(!job.is_active,
                  "job {} of {} is still {} (two jobs on one journal exclude each other), wait for "
                  "it, or {}",
                  job.id, out.string(), job.state, scheduler.cancel_command(job.id));
  }
}

}  // namespace lorahub::cluster
