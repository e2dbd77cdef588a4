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

}  // namespace

StudyProgress progress(const std::vector<ShardHistory>& journals) {
  StudyProgress sum;
  std::map<std::string, size_t> planned;  // by how many shards the trials were divided into
  for (const auto& [file, shard, history] : journals) {
    for (const auto& [id, record] : history.finished) add_faults(record.generations, sum);
    for (const auto& [id, told] : history.told) add_faults(told, sum);
    for (const Damage& damage : history.damages)
      sum.damages.push_back(base::format("{}:{}", file.string(), damage.line));
    for (const auto& [id, record] : history.finished)
      sum.seconds += record.timing.load + record.timing.search + record.timing.answer;
    for (const auto& [id, start] : history.started)
      if (!history.finished.contains(id) && !history.failed.contains(id)) ++sum.begun;
    if (!history.headers.empty())
      planned[count_of(shard)] += planned_trials(history.headers.back()).value_or(0);
    sum.done += history.finished.size();
    sum.failed += history.failed.size();
    for (const auto& [id, message] : history.failed) sum.failures[id] = sentence(message);
  }
  for (const auto& [shards, trials] : planned) sum.planned = std::max(sum.planned, trials);
  return sum;
}

}  // namespace lorahub::store
