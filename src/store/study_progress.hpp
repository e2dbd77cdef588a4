// How far a study is. It reads the journals alone, so that it works while a run goes on.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "store/merge_shards.hpp"

namespace lorahub::store {

struct StudyProgress {
  size_t done = 0, begun = 0, failed = 0;
  size_t faults = 0;             // candidates that could not be evaluated
  std::set<std::string> causes;  // of these, as sentences
  size_t planned = 0;
  double seconds = 0;                           // of all trials that are done
  std::map<std::string, std::string> failures;  // by trial, as sentences
  std::vector<std::string> damages;             // "results/x/journal.ndj:12"

  size_t missing() const { return planned > done + failed ? planned - done - failed : 0; }
  double each() const { return done > 0 ? seconds / static_cast<double>(done) : 0; }
};

// `journals` are one, or one for each shard.
StudyProgress progress(const std::vector<ShardHistory>& journals);

}  // namespace lorahub::store
