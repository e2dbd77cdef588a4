#include "cluster/folder_status.hpp"

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"

namespace lorahub::cluster {

FolderStatus status_of(const std::filesystem::path& folder) {
  base::check(std::filesystem::is_directory(folder), "{} is not a folder, give a results folder",
              folder.string());
  const std::vector<store::ShardHistory> journals = store::read_journals(folder);
  FolderStatus status{.progress = {}, .jobs = jobs_of(folder, schedulers())};
  base::check(!journals.empty() || !status.jobs.submissions.empty(),
              "{} holds no journal (no study has run in this folder), give a results folder",
              folder.string());
  status.progress = store::progress(journals);
  if (!status.jobs.submissions.empty())
    store::add_submitted(static_cast<size_t>(status.jobs.submissions.back().trials),
                         status.jobs.submissions.back().submitted_utc, status.progress);
  return status;
}

std::string status_json(const FolderStatus& status) {
  const store::StudyProgress& sum = status.progress;
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [state, is_report] : status.jobs.jobs)
    list.push_back({{"id", state.id},
                    {"report", is_report},
                    {"state", state.state},
                    {"reason", state.reason},
                    {"advice", state.advice},
                    {"time_left", state.left},
                    {"nodes", state.nodes},
                    {"exit", state.exit},
                    {"requeues", state.requeues}});
  return base::json_text(
      nlohmann::json{{"planned", sum.planned},
                     {"done", sum.done},
                     {"running", sum.begun},
                     {"failed", sum.failed},
                     {"unplanned", sum.unplanned},
                     {"faults", sum.faults},
                     {"damaged_lines", sum.damages},
                     {"seconds_per_trial", sum.each()},
                     {"seconds_left", sum.each() * static_cast<double>(sum.missing())},
                     {"jobs", list}});
}

}  // namespace lorahub::cluster
