#include "cluster/slurm/queue.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "base/check.hpp"
#include "base/process.hpp"
#include "cluster/slurm/complaint.hpp"

namespace lorahub::cluster::slurm {
namespace {

// "41_2" as (41, 2), for sorting.
std::tuple<long, long> order(const JobState& state) {
  const auto underscore = state.id.find('_');
  const auto number = [](const std::string& text) {
    long value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  return {number(state.id),
          underscore == std::string::npos ? 0L : number(state.id.substr(underscore + 1))};
}

std::string none(const std::string& text) {
  return text == "None" || text == "N/A" || text == "(null)" || text == "INVALID" ? "" : text;
}

std::vector<std::string> cells(const std::string& line, size_t count) {
  std::vector<std::string> list = base::split(line, '|');
  list.resize(count);
  return list;
}

// "CANCELLED by 1000" and "CANCELLED+" are CANCELLED.
std::string first_word(const std::string& text) { return text.substr(0, text.find_first_of(" +")); }

// Whether a job in this state is in the queue or running.
bool is_active(std::string_view state) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"PENDING", "RUNNING", "CONFIGURING", "COMPLETING",
                                              "REQUEUED", "REQUEUE_HOLD", "SUSPENDED", "STOPPED",
                                              "SIGNALING", "STAGE_OUT", "RESIZING"},
      [&](std::string_view word) { return state == word; });
}

using ById = std::map<std::string, JobState>;

// squeue and scontrol forget ended jobs after minutes; sacct keeps them, where it is set up.
void add_details(const std::string& id, ById& known) {
  const auto answer = base::run_program({"scontrol", "show", "-o", "job", id});
  if (!answer || answer->code != 0) return;
  for (const JobState& detail : parse_details(answer->out)) {
    const auto found = known.find(detail.id);
    if (found == known.end()) continue;  // scontrol has "41_1-3" for tasks that wait
    found->second.requeues = detail.requeues;
    if (!found->second.is_active) found->second.exit = detail.exit;
  }
}

void add_accounts(const std::string& id, ById& known) {
  const auto answer = base::run_program(
      {"sacct", "-X", "-n", "-P", "-D", "-j", id, "-o", std::string(kAccountFormat)});
  if (!answer || answer->code != 0) return;
  for (const JobState& state : parse_accounts(answer->out)) known.emplace(state.id, state);
}

bool knows(const ById& known, const std::string& id) {
  return std::ranges::any_of(known, [&](const auto& entry) {
    return entry.first == id || entry.first.starts_with(id + "_");
  });
}

}  // namespace

std::string advice(const JobState& state) {
  if (state.state != "PENDING" && state.state != "REQUEUE_HOLD") return "";
  const std::string& reason = state.reason;
  const auto any = [&](std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return reason == word; });
  };
  const std::string_view end = "can never run as asked, ";
  if (any({"PartitionNodeLimit", "PartitionConfig", "BadConstraints"}))
    return base::format("{}scancel {} and ask for fewer or other nodes, ranks or GPUs", end,
                        state.id);
  if (any({"PartitionTimeLimit", "QOSTimeLimit", "QOSMaxWallDurationPerJobLimit",
           "AssocMaxWallDurationPerJobLimit"}))
    return base::format("{}scancel {} and ask for less --time", end, state.id);
  if (any({"InvalidAccount", "InvalidQOS", "AccountNotAllowed", "QOSNotAllowed"}))
    return base::format("{}scancel {} and name another --account or --qos", end, state.id);
  if (any({"PartitionDown", "PartitionInactive", "ReservationDeleted"}))
    return base::format("does not run until that changes, or scancel {} and name another place",
                        state.id);
  if (reason == "DependencyNeverSatisfied")
    return base::format("{}the job that it waits for is gone: scancel {}", end, state.id);
  if (reason.ends_with("PerJobLimit") || reason == "MaxMemPerLimit")
    return base::format("{}scancel {} and stay below the site's limit for one job", end, state.id);
  if (any({"JobHeldUser", "JobHeldAdmin", "launch_failed_requeued_held",
           "job_requeued_in_held_state"}) ||
      state.state == "REQUEUE_HOLD")
    return base::format("is held: scontrol release {}", state.id);
  return "";
}

JobQueue queue(const std::vector<std::string>& ids) {
  if (ids.empty()) return {};
  const auto answer = base::run_program({"squeue", "-h", "-r", "-t", "all", "-j",
                                         base::join(ids, ","), "-o", std::string(kQueueFormat)});
  if (!answer) return {.states = {}, .problem = "there is no squeue on this machine"};
  const bool forgotten = answer->err.find("Invalid job id") != std::string::npos;
  if (answer->code != 0 && !forgotten)
    return {.states = {}, .problem = "squeue does not answer: " + complaint(*answer)};
  ById known;
  for (const JobState& state : parse_queue(answer->out)) known.emplace(state.id, state);
  for (const std::string& id : ids) {
    add_details(id, known);
    if (!knows(known, id)) add_accounts(id, known);
  }
  JobQueue result;
  for (const auto& [id, state] : known) {
    result.states.push_back(state);
    result.states.back().advice = advice(state);
  }
  std::ranges::sort(result.states, {}, order);
  return result;
}

std::vector<JobState> parse_queue(std::string_view text) {
  std::vector<JobState> states;
  for (const std::string& line : base::split(text, '\n')) {
    if (base::strip(line).empty()) continue;
    const std::vector<std::string> c = cells(line, 5);
    JobState state{.id = base::strip(c[0]), .state = c[1], .is_active = is_active(c[1])};
    if (state.is_active && state.state != "RUNNING") state.reason = none(c[2]);
    if (state.state == "RUNNING") state.left = none(c[3]);
    state.nodes = base::strip(c[4]);
    states.push_back(state);
  }
  return states;
}

std::vector<JobState> parse_accounts(std::string_view text) {
  ById last;
  for (const std::string& line : base::split(text, '\n')) {
    if (base::strip(line).empty()) continue;
    const std::vector<std::string> c = cells(line, 4);
    JobState& state = last[c[0]];
    const bool again = !state.id.empty();
    const int requeues = state.requeues + (again ? 1 : 0);
    const std::string word = first_word(c[1]);
    state = {.id = c[0],
             .state = word,
             .exit = c[2],
             .requeues = requeues,
             .is_active = is_active(word)};
    if (c[3] != "None assigned") state.nodes = c[3];
  }
  std::vector<JobState> states;
  for (const auto& [id, state] : last) states.push_back(state);
  return states;
}

std::vector<JobState> parse_details(std::string_view text) {
  std::vector<JobState> states;
  for (const std::string& line : base::split(text, '\n')) {
    std::map<std::string, std::string> value;
    for (const std::string& word : base::split(line, ' '))
      if (const auto equals = word.find('='); equals != std::string::npos)
        value.emplace(word.substr(0, equals), word.substr(equals + 1));
    if (!value.contains("JobId") || !value.contains("JobState")) continue;
    JobState state{.id = value["JobId"],
                   .state = value["JobState"],
                   .exit = value["ExitCode"],
                   .is_active = is_active(value["JobState"])};
    if (value.contains("ArrayTaskId")) state.id = value["ArrayJobId"] + "_" + value["ArrayTaskId"];
    if (state.is_active && state.state != "RUNNING") state.reason = none(value["Reason"]);
    state.nodes = none(value["NodeList"]);
    if (const auto restarts = value.find("Restarts"); restarts != value.end())
      state.requeues = std::atoi(restarts->second.c_str());
    states.push_back(state);
  }
  return states;
}

}  // namespace lorahub::cluster::slurm
