#include "run/lead/preflight.hpp"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <set>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/signals.hpp"
#include "plan/input_hashes.hpp"
#include "plan/learning_rate.hpp"
#include "plan/trial_inputs.hpp"
#include "search/optimizer.hpp"
#include "store/same_inputs.hpp"
#include "store/study_progress.hpp"
#include "store/validity.hpp"
#include "study/choices.hpp"

namespace lorahub::run {
namespace {

// Older versions hashed the rows of a task alone.
bool is_a_later_addition(const std::string& name) {
  return name == "pool file" || name == "test file";
}

// Describes what changed between two sets of inputs; "" when nothing did.
std::string difference(const store::Inputs& before, const store::Inputs& now) {
  std::vector<std::string> changed;
  for (const auto& [name, hash] : now)
    if (const auto old = before.find(name);
        old == before.end() ? !is_a_later_addition(name) : old->second != hash)
      changed.push_back(name);
  for (const auto& [name, hash] : before)
    if (!now.contains(name)) changed.push_back(name);
  return base::join(changed, ", ");
}

void check_unchanged(const study::Trial& trial, const store::Inputs& now,
                     const store::ShardHistory& journal) {
  const store::History& history = journal.history;
  const std::string id = study::id(trial);
  const bool kept = history.finished.contains(id) || history.told.contains(id);
  const auto before = history.inputs.find(id);
  if (!kept || before == history.inputs.end()) return;
  const std::string changed = difference(before->second, now);
  base::check(changed.empty(),
              "{} of trial '{}' changed since it was recorded in {} (old and new results would be "
              "mixed), use another --out, or restore the files",
              changed, study::label(trial), journal.file.string());
}

// Whether all that the last start planned has ended, in this journal or in another one (an older
// version counted its trials and did not name them).
bool is_finished(const store::History& history, const std::set<std::string>& ended) {
  if (history.headers.empty()) return false;
  const store::Header& last = history.headers.back();
  if (!last.planned.empty())
    return std::ranges::all_of(last.planned,
                               [&](const std::string& id) { return ended.contains(id); });
  const std::optional<size_t> planned = store::planned_trials(last);
  return planned && *planned <= history.finished.size() + history.failed.size();
}

// Returns a limit of the file system (pathconf), asked of the nearest folder that exists.
size_t limit(const std::filesystem::path& file, int which, size_t otherwise) {
  std::error_code error;
  std::filesystem::path folder = file.parent_path();
  while (folder.has_relative_path() && !std::filesystem::is_directory(folder, error))
    folder = folder.parent_path();
  const long most = ::pathconf(folder.c_str(), which);
  return most > 0 ? static_cast<size_t>(most) : otherwise;
}

// Shards of another count have other trials, of which some are the same.
void check_shards(const FolderPlan& plan, const std::vector<store::ShardHistory>& journals) {
  std::map<std::string, int> finished;  // shards, by their number
  const std::set<std::string> ended = store::ended_trials(journals);
  for (const auto& [file, shard, history] : journals) {
    if (store::count_of(shard) == store::count_of(plan.shard)) continue;
    base::check(is_finished(history, ended),
                "{} was begun as {} and is not finished (its trials would be run twice), finish it "
                "first, or choose another --out",
                plan.out.string(), store::words_of(shard));
    ++finished[store::count_of(shard)];
  }
  for (const auto& [count, shards] : finished)
    base::check(count.empty() || std::to_string(shards) == count,
                "{} was begun as {} shards of which {} have run (the others' trials would be run "
                "twice), finish them first, or choose another --out",
                plan.out.string(), count, shards);
}

// What a run writes must not replace, or be added to, what no run wrote.
void check_places(const FolderPlan& plan, const std::vector<store::ShardHistory>& journals) {
  const base::Path result = store::result_file(plan.out, plan.shard);
  const base::Path journal = store::journal_file(plan.out, plan.shard);
  std::error_code error;
  for (const base::Path& place : {journal, store::lock_file(journal), result,
                                  store::begin_lock_file(plan.out), store::log_folder(plan.out)})
    base::check(!std::filesystem::is_symlink(place, error),
                "{} is a symbolic link (what it leads to would be changed), remove it or choose "
                "another --out",
                place.string());
  const bool has_journal = std::ranges::any_of(
      journals, [](const auto& shard) { return !shard.history.headers.empty(); });
  base::check(!std::filesystem::exists(result, error) ||
                  (has_journal && std::filesystem::is_regular_file(result, error)),
              "{} is there already, without a readable journal of the run that made it (it would "
              "be lost), move it away or choose another --out",
              result.string());
}

// Error where one of these names is longer than its file system takes.
void check_names(const std::vector<std::filesystem::path>& files) {
  for (const std::filesystem::path& file : files) {
    const std::filesystem::path whole = std::filesystem::absolute(file);
    const bool is_short = whole.string().size() < PATH_MAX;
    const size_t most = is_short ? limit(whole, _PC_NAME_MAX, NAME_MAX) : 0;
    const auto fits = [most](const auto& part) { return part.string().size() <= most; };
    base::check(is_short && std::ranges::all_of(whole, fits),
                "the name {} is too long for its file system (results could not be written), "
                "choose a shorter --out",
                file.string());
  }
}

}  // namespace

void check_can_be_written(const std::filesystem::path& out, const std::string& shard, int ranks) {
  const base::Path result = store::result_file(out, shard);
  const base::Path log = store::log_file(store::log_folder(out), ranks - 1);
  // The longest names are those of the journal's lock and of the temporary result file.
  check_names({store::lock_file(store::journal_file(out, shard)),
               result.string() + std::string(base::kTemporaryExtension), log});
  base::check_writable(result);
  if (!std::filesystem::is_symlink(log.parent_path())) base::check_writable(log);  // else refused
}

Checked check_inputs(const std::vector<study::Trial>& trials, const store::History& known,
                     const std::function<void(const study::Trial&)>& begins) {
  Checked checked;
  plan::InputCache& cache = checked.cache;
  std::set<std::string> seen;
  for (size_t i = 0; i < trials.size(); ++i) {
    base::throw_if_signalled();
    const study::Trial& trial = trials[i];
    begins(trial);
    plan::check_training(trial);
    if (study::uses_search(trial.method))  // an error for what the optimiser would refuse
      search::resolved(
          trial.search,
          plan::kept_count(trial, static_cast<int>(cache.libraries.module_names(trial).size())));
    checked.files.push_back(checked.watched.add(plan::input_files(trial, cache.libraries)));
    store::Inputs now = plan::inputs(trial, cache);
    const std::string id = study::id(trial);
    const bool ended = known.finished.contains(id) || known.failed.contains(id);
    bool fresh = false;
    for (const auto& [name, hash] : now)
      if (!ended && (name == "model" || name.starts_with("module ")))
        fresh |= seen.insert(name + hash + study::name(trial.precision)).second;
    if (fresh) checked.first_uses.push_back(i);
    checked.inputs.push_back(std::move(now));
  }
  return checked;
}

void check_folder(const FolderPlan& plan, const std::vector<store::ShardHistory>& journals,
                  const std::vector<store::Inputs>& inputs) {
  store::check_study(journals, plan.study);
  check_shards(plan, journals);
  check_places(plan, journals);
  store::SameInputs seen;
  store::check_same_inputs(journals, plan.planned, seen);
  for (size_t i = 0; i < inputs.size(); ++i) {
    for (const store::ShardHistory& journal : journals)
      check_unchanged(plan.trials[i], inputs[i], journal);
    const auto columns = study::columns(plan.trials[i]);
    store::check_same(seen.add(inputs[i], {columns.begin(), columns.end()}, "the files now"));
  }
}

std::vector<store::ShardHistory> elsewhere(const FolderPlan& plan,
                                           std::vector<store::ShardHistory> journals) {
  std::erase_if(journals, [&](const auto& journal) { return journal.shard == plan.shard; });
  if (plan.shard.empty()) return journals;
  std::set<std::string> mine;
  for (const store::PlannedTrial& trial : plan.planned) mine.insert(trial.id);
  for (auto& [file, shard, history] : journals) {
    const auto foreign = [&](const auto& entry) { return !mine.contains(entry.first); };
    std::erase_if(history.finished, foreign);
    std::erase_if(history.failed, foreign);
  }
  std::erase_if(journals, [](const auto& journal) {
    return journal.history.finished.empty() && journal.history.failed.empty();
  });
  return journals;
}

store::History own_history(const FolderPlan& plan,
                           const std::vector<store::ShardHistory>& journals) {
  const auto own = std::ranges::find(journals, plan.shard, &store::ShardHistory::shard);
  return own == journals.end() ? store::History{} : own->history;
}

}  // namespace lorahub::run
