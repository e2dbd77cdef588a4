// How far a study is. It reads the journals alone, so that it works while a run goes on.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "store/merge_shards.hpp"

namespace lorahub::store {

// Counts trials of the plan of the last start, or of the last starts of all its shards.
struct StudyProgress {
  size_t done = 0, begun = 0, failed = 0;
  size_t unplanned = 0;          // done, and in an earlier plan alone
  size_t faults = 0;             // candidates that could not be evaluated
  std::set<std::string> causes;  // of these, as sentences
  size_t planned = 0;
  bool is_whole = true;                         // false: some shards have no journal yet
  std::string last_start_utc;                   // when the program was last started
  double seconds = 0;                           // of all trials that are done
  std::map<std::string, std::string> failures;  // by trial, as sentences
  std::vector<std::string> damages;             // "results/x/journal.ndj:12"

  size_t missing() const { return planned > done + failed ? planned - done - failed : 0; }
  double each() const { return done > 0 ? seconds / static_cast<double>(done + unplanned) : 0; }
};

// `journals` are one, or one for each shard. In journals of older versions, which do not name the
// planned trials, all that have ended count as planned.
StudyProgress progress(const std::vector<ShardHistory>& journals);

// Counts the trials of a job that was submitted at that time, where its ranks have not begun.
void add_submitted(size_t trials, const std::string& submitted_utc, StudyProgress& sum);

// The trials that have ended in one of the journals, done or failed.
std::set<std::string> ended_trials(const std::vector<ShardHistory>& journals);

}  // namespace lorahub::store
