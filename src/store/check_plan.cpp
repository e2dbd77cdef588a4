#include "store/check_plan.hpp"

#include <optional>

#include "base/text.hpp"
#include "store/journal.hpp"
#include "store/paths.hpp"

namespace lorahub::store {
namespace {

struct Shards {
  size_t count = 1;                       // of the study
  std::map<std::string, size_t> planned;  // by shard, of those that have begun: its trials

  size_t sum() const {
    size_t all = 0;
    for (const auto& [shard, trials] : planned) all += trials;
    return all;
  }
};

std::optional<std::string> shard_of_start(const Environment& start) {
  const auto found = start.find("shard");
  return found == start.end() ? std::nullopt : std::optional(found->second);
}

// The shards that the last start is one of, each with the plan of its own last start.
std::optional<Shards> shards_of(const std::vector<Environment>& starts) {
  const std::string last = shard_of_start(starts.back()).value_or("");
  Shards all{.count = static_cast<size_t>(std::atoi(count_of(last).c_str()))};
  for (const Environment& start : starts) {
    const std::optional<std::string> shard = shard_of_start(start);
    const std::optional<size_t> trials = planned_trials({.environment = start});
    if (!shard || !trials) return std::nullopt;
    if (count_of(*shard) == count_of(last)) all.planned[*shard] = *trials;
  }
  return all;
}

}  // namespace

// A shard's own file has the trials of its last start; a merged one has those of all shards.
std::string plan_problem(size_t planned, const std::vector<Environment>& starts) {
  if (starts.empty()) return "";
  const std::optional<Shards> shards = shards_of(starts);
  if (!shards) return "";
  const size_t last = *planned_trials({.environment = starts.back()}), all = shards->sum();
  const bool complete = shards->planned.size() == shards->count;
  if (planned == last || (complete ? planned == all : planned > all)) return "";
  return base::format("/runs has {} planned trial(s), its last start planned {} (/headers)",
                      planned, complete ? all : last);
}

}  // namespace lorahub::store
