#include "store/merge_shards.hpp"

#include <algorithm>
#include <iterator>

#include "base/check.hpp"
#include "store/same_inputs.hpp"

namespace lorahub::store {
namespace {

template <class Map>
void add(Map& to, const Map& from) {
  to.insert(from.begin(), from.end());
}

void add_journal(History& all, const History& one) {
  const size_t headers = all.headers.size();
  std::ranges::copy(one.headers, std::back_inserter(all.headers));
  for (const auto& [id, record] : one.finished) {
    if (!all.finished.emplace(id, record).second) continue;
    if (const auto start = one.made_by.find(id); start != one.made_by.end())
      all.made_by[id] = headers + start->second;
    if (const auto inputs = one.inputs.find(id); inputs != one.inputs.end())
      all.inputs[id] = inputs->second;
  }
  add(all.inputs, one.inputs);
  add(all.told, one.told);
  add(all.failed, one.failed);
  add(all.started, one.started);
}

}  // namespace

std::vector<ShardHistory> read_journals(const std::filesystem::path& folder) {
  std::vector<ShardHistory> journals;
  if (!std::filesystem::is_directory(folder)) return journals;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::optional<std::string> shard = shard_of(entry.path());
    if (!shard) continue;
    History history = read_journal(entry.path());
    if (history.headers.empty() && history.damages.empty()) continue;
    journals.push_back({.file = entry.path(), .shard = *shard, .history = std::move(history)});
  }
  std::ranges::sort(journals, {}, &ShardHistory::file);
  return journals;
}

History merged(const std::vector<ShardHistory>& journals) {
  History all;
  for (const ShardHistory& journal : journals) add_journal(all, journal.history);
  for (const auto& [id, record] : all.finished) {
    all.failed.erase(id);
    all.told.erase(id);
  }
  return all;
}

void check_study(const std::vector<ShardHistory>& journals, const std::string& study) {
  for (const ShardHistory& journal : journals)
    for (const Header& header : journal.history.headers)
      base::check(header.study == study,
                  "{} holds results of the study '{}' (those of '{}' would mix with them), choose "
                  "another --out",
                  journal.file.string(), header.study, study);
}

void check_same(const std::string& clash) {
  base::check(clash.empty(),
              "{}: the same input has two contents (results of both would be mixed), use another "
              "--out, or restore the files",
              clash);
}

void check_same_inputs(const std::vector<ShardHistory>& journals,
                       const std::vector<PlannedTrial>& planned, SameInputs& seen) {
  using Knobs = std::map<std::string, std::string>;
  for (const ShardHistory& journal : journals) {
    const History& history = journal.history;
    const std::string where = journal.file.filename().string();
    const auto add_trial = [&](const std::string& id, const auto& columns) {
      const auto inputs = history.inputs.find(id);
      if (inputs != history.inputs.end())
        check_same(seen.add(inputs->second, Knobs(columns.begin(), columns.end()), where));
    };
    for (const auto& [id, record] : history.finished) add_trial(id, record.knobs);
    for (const PlannedTrial& trial : planned)
      if (history.told.contains(trial.id)) add_trial(trial.id, trial.knobs);
  }
}

}  // namespace lorahub::store
