#include <CLI/App.hpp>
#include <algorithm>
#include <memory>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/printable.hpp"
#include "cli/commands.hpp"
#include "cluster/folder_status.hpp"
#include "store/sentence.hpp"

namespace lorahub::cli {
namespace {

struct StatusOptions {
  std::string folder;
  bool json = false;
};

std::string line(const cluster::JobState& state) {
  std::vector<std::string> facts;
  if (!state.reason.empty()) facts.push_back(state.reason);
  if (!state.left.empty()) facts.push_back("time left " + state.left);
  if (!state.nodes.empty()) facts.push_back("on " + state.nodes);
  if (!state.exit.empty() && !state.is_active) facts.push_back("exit " + state.exit);
  if (state.requeues > 0) facts.push_back(base::format("requeued {} time(s)", state.requeues));
  if (!state.advice.empty()) facts.push_back(state.advice);
  return base::join(facts, ", ");
}

void print_text(const store::StudyProgress& sum, const cluster::FolderJobs& jobs) {
  fmt::print("{} of {} trials done, {} begun, {} failed; {:.1f} s a trial", sum.done, sum.planned,
             sum.begun, sum.failed, sum.each());
  if (sum.missing() > 0 && sum.each() > 0)
    fmt::print(", {} left", base::duration(sum.each() * static_cast<double>(sum.missing())));
  fmt::print("\n");
  if (sum.unplanned > 0)
    fmt::print("{} more are done, of a plan that is not the last one\n", sum.unplanned);
  for (const auto& [id, message] : sum.failures) fmt::print("failed {}: {}\n", id, message);
  if (sum.faults > 0)
    fmt::print("{} candidate(s) could not be evaluated ({}); their losses count as infinite\n",
               sum.faults, fmt::join(sum.causes, "; "));
  for (const std::string& line : sum.damages)
    fmt::print("damaged line {}: its trial is run again by 'lorahub run'\n",
               base::printable_line(line));
  for (const auto& [state, is_report] : jobs.jobs)
    fmt::print("job {:<10} {:<10} {}{}\n", base::printable_line(state.id),
               base::printable_line(state.state), is_report ? "(report) " : "",
               base::printable_line(line(state)));
  for (const auto& [problem, last_job] : jobs.silent)
    fmt::print("jobs: unknown, {} (job {})\n", base::printable_line(problem), last_job);
}

int status(const StatusOptions& options) {
  const cluster::FolderStatus now = cluster::status_of(options.folder);
  if (options.json)
    fmt::print("{}\n", cluster::status_json(now));
  else
    print_text(now.progress, now.jobs);
  return 0;
}

}  // namespace

void add_status(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("status", "what is done, running, failed; and its jobs");
  command->footer("Example: lorahub status results/quickstart");
  const auto options = std::make_shared<StatusOptions>();
  command->add_option("DIR", options->folder, "a results folder")->required();
  command->add_flag("--json", options->json, "as JSON");
  command->callback([options, &action] { action = [options] { return status(*options); }; });
}

}  // namespace lorahub::cli
