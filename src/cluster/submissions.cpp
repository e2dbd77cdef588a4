#include "cluster/submissions.hpp"

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/nesting.hpp"

namespace lorahub::cluster {
namespace {

using nlohmann::json;

std::filesystem::path file_of(const std::filesystem::path& out, const Scheduler& scheduler) {
  return out / scheduler.word / "jobs.json";
}

[[noreturn]] void refuse(const std::filesystem::path& file) {
  base::fail("{}: not what `lorahub submit` writes (which jobs run here is not known), remove it",
             file.string());
}

}  // namespace

std::vector<Submission> read_submissions(const std::filesystem::path& out,
                                         const Scheduler& scheduler) {
  const std::filesystem::path file = file_of(out, scheduler);
  if (!std::filesystem::exists(file)) return {};
  std::vector<Submission> list;
  try {
    for (const json& entry : json::parse(base::shallow_json(base::read_file(file))))
      list.push_back({.submitted_utc = entry.at("submitted_utc"),
                      .job = entry.at("job"),
                      .report = entry.at("report"),
                      .shards = entry.at("shards"),
                      .trials = entry.at("trials")});
  } catch (const json::exception&) {
    refuse(file);
  }
  for (const Submission& s : list)  // ids become words of the scheduler's commands
    if (!scheduler.is_job_id(s.job) || (!s.report.empty() && !scheduler.is_job_id(s.report)))
      refuse(file);
  return list;
}

void add_submission(const std::filesystem::path& out, const Scheduler& scheduler,
                    const Submission& submission) {
  json list = json::array();
  std::vector<Submission> all = read_submissions(out, scheduler);
  all.push_back(submission);
  for (const Submission& s : all)
    list.push_back({{"submitted_utc", s.submitted_utc},
                    {"job", s.job},
                    {"report", s.report},
                    {"shards", s.shards},
                    {"trials", s.trials}});
  base::write_file(file_of(out, scheduler), base::json_text(list, 1) + "\n");
}

}  // namespace lorahub::cluster
