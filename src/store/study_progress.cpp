#include "store/study_progress.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "store/sentence.hpp"

namespace lorahub::store {
namespace {

void add_faults(const std::vector<search::Generation>& generations, StudyProgress& sum) {
  for (const search::Generation& generation : generations)
    for (const search::Fault& fault : generation.faults) {
      ++sum.faults;
      sum.causes.insert(sentence(fault.cause));
    }
}

// What is planned: by the journal that was written last, and the others of as many shards.
struct LastPlan {
  std::set<std::string> ids;
  size_t count = 0;     // of the trials
  bool has_ids = true;  // false: an older version wrote one of these journals
  size_t shards = 0;    // that have a journal
  std::string count_of, started_utc;
};

// Of starts in the same second, that of more trials.
LastPlan last_plan(const std::vector<ShardHistory>& journals) {
  std::map<std::string, LastPlan> plans;  // by how many shards the trials were divided into
  for (const auto& [file, shard, history] : journals) {
    if (history.headers.empty()) continue;
    const Header& last = history.headers.back();
    LastPlan& plan = plans[count_of(shard)];
    plan.ids.insert(last.planned.begin(), last.planned.end());
    plan.count += planned_trials(last).value_or(last.planned.size());
    plan.has_ids = plan.has_ids && !last.planned.empty();
    plan.count_of = count_of(shard);
    plan.started_utc = std::max(plan.started_utc, last.started_utc);
    ++plan.shards;
  }
  LastPlan found;
  for (const auto& [count, plan] : plans)
    if (std::pair(plan.started_utc, plan.count) >= std::pair(found.started_utc, found.count))
      found = plan;
  return found;
}

void add_journal(const ShardHistory& journal, std::map<std::string, const Record*>& done,
                 StudyProgress& sum) {
  const auto& [file, shard, history] = journal;
  for (const auto& [id, record] : history.finished)
    if (done.emplace(id, &record).second) add_faults(record.generations, sum);
  for (const auto& [id, told] : history.told) add_faults(told, sum);
  for (const Damage& damage : history.damages)
    sum.damages.push_back(base::format("{}:{}", file.string(), damage.line));
}

}  // namespace

std::set<std::string> ended_trials(const std::vector<ShardHistory>& journals) {
  std::set<std::string> ended;
  for (const ShardHistory& journal : journals) {
    for (const auto& [id, record] : journal.history.finished) ended.insert(id);
    for (const auto& [id, message] : journal.history.failed) ended.insert(id);
  }
  return ended;
}

StudyProgress progress(const std::vector<ShardHistory>& journals) {
  StudyProgress sum;
  const LastPlan plan = last_plan(journals);
  const auto counts = [&](const std::string& id) { return !plan.has_ids || plan.ids.contains(id); };
  std::map<std::string, const Record*> done;
  for (const ShardHistory& journal : journals) add_journal(journal, done, sum);
  for (const auto& [id, record] : done) {
    ++(counts(id) ? sum.done : sum.unplanned);
    sum.seconds += record->timing.load + record->timing.search + record->timing.answer;
  }
  for (const ShardHistory& journal : journals)
    for (const auto& [id, message] : journal.history.failed)
      if (!done.contains(id) && counts(id)) sum.failures[id] = sentence(message);
  sum.failed = sum.failures.size();
  const std::set<std::string> ended = ended_trials(journals);
  std::set<std::string> begun;
  for (const ShardHistory& journal : journals)
    for (const auto& [id, start] : journal.history.started)
      if (!ended.contains(id) && counts(id)) begun.insert(id);
  sum.begun = begun.size();
  sum.planned = plan.has_ids ? plan.ids.size() : std::max(plan.count, sum.done + sum.failed);
  sum.is_whole = plan.count_of.empty() || std::to_string(plan.shards) == plan.count_of;
  sum.last_start_utc = plan.started_utc;
  return sum;
}

void add_submitted(size_t trials, const std::string& submitted_utc, StudyProgress& sum) {
  if (!sum.is_whole || submitted_utc > sum.last_start_utc)
    sum.planned = std::max(sum.planned, trials);
}

}  // namespace lorahub::store
