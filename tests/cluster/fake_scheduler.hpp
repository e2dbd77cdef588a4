// A batch system of a test's own, whose words, ids and files are not those of Slurm.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "cluster/scheduler.hpp"

namespace lorahub::cluster {

struct FakeScheduler {
  std::vector<JobState> states;  // that queue() answers
  std::string problem;           // that queue() answers
  bool refuses_reports = false;
  std::vector<std::string> calls;  // what was asked of it, one line each

  // Refers to this object.
  Scheduler scheduler() {
    return {.word = "pbs",
            .name = "PBS",
            .submit_command = "qsub",
            .default_launcher = [] { return "mpiexec"; },
            .seconds = [](const std::string& time,
                          const std::string& what) { return seconds(time, what); },
            .check_options =
                [](const std::vector<std::string>& pass) {
                  base::check(pass.empty(), "PBS takes no options");
                },
            .render = render,
            .submit = [this](const std::filesystem::path& script,
                             const std::string& after) { return submit(script, after); },
            .queue =
                [this](const std::vector<std::string>& ids) {
                  calls.push_back("qstat " + base::join(ids, " "));
                  return JobQueue{.states = states, .problem = problem};
                },
            .cancel_command = [](const std::string& id) { return "qdel " + id; },
            .is_job_id = [](const std::string& text) { return text.ends_with(".juno"); }};
  }

 private:
  static int seconds(const std::string& time, const std::string& what) {
    base::check(time.ends_with("h"), "{}: '{}' are no hours", what, time);
    return std::stoi(time) * 3600;
  }
  static JobScripts render(const BatchJob& job) {
    return {.study = {.file = job.out / "pbs/run.pbs", .text = "run " + job.study},
            .report = {.file = job.out / "pbs/report.pbs", .text = "report " + job.study}};
  }
  std::string submit(const std::filesystem::path& script, const std::string& after) {
    calls.push_back("qsub " + script.filename().string() + " after " + after);
    base::check(after.empty() || !refuses_reports, "no room");
    return std::to_string(40 + calls.size()) + ".juno";
  }
};

}  // namespace lorahub::cluster
