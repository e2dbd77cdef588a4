#include "run/check.hpp"

#include <unistd.h>

#include <algorithm>
#include <climits>

#include "base/check.hpp"
#include "base/signals.hpp"
#include "run/brief.hpp"
#include "run/study.hpp"
#include "run/training.hpp"
#include "run/trial.hpp"
#include "search/optimizer.hpp"
#include "study/names.hpp"

namespace lorahub::run {
namespace {

// What changed between two sets of inputs, as words; "" when nothing did.
std::string difference(const store::Inputs& before, const store::Inputs& now) {
  std::vector<std::string> changed;
  for (const auto& [name, hash] : now)
    if (const auto old = before.find(name); old == before.end() || old->second != hash)
      changed.push_back(name);
  for (const auto& [name, hash] : before)
    if (!now.contains(name)) changed.push_back(name);
  return base::join(changed, ", ");
}

void check_unchanged(const study::Trial& trial, const store::Inputs& now,
                     const store::History& history, const std::filesystem::path& out) {
  const std::string id = study::id(trial);
  const bool kept = history.finished.contains(id) || history.told.contains(id);
  const auto before = history.inputs.find(id);
  if (!kept || before == history.inputs.end()) return;
  const std::string changed = difference(before->second, now);
  base::check(changed.empty(),
              "{} of trial '{}' changed since it was recorded in {} (old and new results would be "
              "mixed), use another --out, or restore the files",
              changed, study::label(trial), out.string());
}

// "2-of-4" of journal-2-of-4.ndj; "" of journal.ndj.
std::optional<std::string> shard_of(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  if (name == "journal.ndj") return "";
  constexpr std::string_view kBefore = "journal-", kAfter = ".ndj";
  if (!name.starts_with(kBefore) || !name.ends_with(kAfter)) return std::nullopt;
  return name.substr(kBefore.size(), name.size() - kBefore.size() - kAfter.size());
}

std::string count_of(const std::string& shard) {
  const size_t at = shard.find("-of-");
  return at == std::string::npos ? "1" : shard.substr(at + 4);
}

bool is_finished(const store::History& history) {
  if (history.headers.empty()) return false;
  const std::optional<size_t> planned = store::planned_trials(history.headers.back());
  return planned && *planned <= history.finished.size() + history.failed.size();
}

// What the file system says of the nearest folder that is there.
size_t limit(const std::filesystem::path& file, int which, size_t otherwise) {
  std::error_code error;
  std::filesystem::path folder = file.parent_path();
  while (folder.has_relative_path() && !std::filesystem::is_directory(folder, error))
    folder = folder.parent_path();
  const long most = ::pathconf(folder.c_str(), which);
  return most > 0 ? static_cast<size_t>(most) : otherwise;
}

}  // namespace

void check_names(const std::vector<std::filesystem::path>& files) {
  for (const std::filesystem::path& file : files) {
    const std::filesystem::path whole = std::filesystem::absolute(file);
    bool fits = whole.string().size() < PATH_MAX;
    for (const std::filesystem::path& part : whole)
      fits &= part.string().size() <= limit(whole, _PC_NAME_MAX, NAME_MAX);
    base::check(fits,
                "the name {} is too long for its file system (results could not be written), "
                "choose a shorter --out",
                file.string());
  }
}

Checked check_inputs(const std::vector<study::Trial>& trials, const store::History& history,
                     const std::filesystem::path& out) {
  Checked checked;
  std::set<std::string> seen;
  for (size_t i = 0; i < trials.size(); ++i) {
    base::throw_if_signalled();
    const study::Trial& trial = trials[i];
    check_training(trial);
    if (study::uses_search(trial.method))  // refuses what the optimiser would
      search::resolved(trial.search,
                       kept_count(trial, static_cast<int>(module_names(trial).size())));
    checked.files.push_back(checked.watched.add(input_files(trial)));
    store::Inputs now = inputs(trial, checked.hashes);
    check_unchanged(trial, now, history, out);
    const std::string id = study::id(trial);
    const bool known = history.finished.contains(id) || history.failed.contains(id);
    bool fresh = false;
    for (const auto& [name, hash] : now)
      if (!known && (name == "model" || name.starts_with("module ")))
        fresh |= seen.insert(name + hash + study::name(trial.precision)).second;
    if (fresh) checked.first_uses.push_back(i);
    checked.inputs.push_back(std::move(now));
  }
  return checked;
}

std::set<std::string> finished_elsewhere(const std::filesystem::path& out,
                                         const std::string& shard) {
  std::set<std::string> finished;
  if (!std::filesystem::is_directory(out)) return finished;
  std::map<std::string, int> ended;  // shards, by their number
  for (const auto& entry : std::filesystem::directory_iterator(out)) {
    const std::optional<std::string> other = shard_of(entry.path());
    if (!other || *other == shard) continue;
    const store::History history = store::read_journal(entry.path());
    if (history.headers.empty()) continue;
    for (const auto& [id, record] : history.finished) finished.insert(id);
    if (count_of(*other) == count_of(shard)) continue;
    base::check(is_finished(history),
                "{} was begun as {} and is not finished (its trials would be run twice), finish it "
                "first, or choose another --out",
                out.string(),
                other->empty() ? "one run without --shard" : base::format("shard {}", *other));
    ++ended[count_of(*other)];
  }
  for (const auto& [count, shards] : ended)
    base::check(std::to_string(shards) == count,
                "{} was begun as {} shards of which {} have run (the others' trials would be run "
                "twice), finish them first, or choose another --out",
                out.string(), count, shards);
  return finished;
}

}  // namespace lorahub::run
