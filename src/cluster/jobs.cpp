#include "cluster/jobs.hpp"

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/nesting.hpp"

namespace lorahub::cluster {
namespace {

using nlohmann::json;

std::filesystem::path file(const std::filesystem::path& out) { return out / "slurm" / "jobs.json"; }

bool is_number(const std::string& text) {
  return text.find_first_not_of("0123456789") == std::string::npos;
}

[[noreturn]] void refuse(const std::filesystem::path& out) {
  base::fail("{}: not what `lorahub submit` writes (which jobs run here is not known), remove it",
             file(out).string());
}

}  // namespace

std::vector<Submission> read_submissions(const std::filesystem::path& out) {
  if (!std::filesystem::exists(file(out))) return {};
  std::vector<Submission> list;
  try {
    for (const json& entry : json::parse(base::shallow_json(base::read_file(file(out)))))
      list.push_back({.submitted_utc = entry.at("submitted_utc"),
                      .job = entry.at("job"),
                      .report = entry.at("report"),
                      .shards = entry.at("shards"),
                      .trials = entry.at("trials")});
  } catch (const json::exception&) {
    refuse(out);
  }
  for (const Submission& s : list)  // they become words of Slurm's commands
    if (s.job.empty() || !is_number(s.job) || !is_number(s.report)) refuse(out);
  return list;
}

void add_submission(const std::filesystem::path& out, const Submission& submission) {
  json list = json::array();
  std::vector<Submission> all = read_submissions(out);
  all.push_back(submission);
  for (const Submission& s : all)
    list.push_back({{"submitted_utc", s.submitted_utc},
                    {"job", s.job},
                    {"report", s.report},
                    {"shards", s.shards},
                    {"trials", s.trials}});
  base::write_file(file(out), base::json_text(list, 1) + "\n");
}

}  // namespace lorahub::cluster
