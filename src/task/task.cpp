#include "task/task.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/check.hpp"
#include "base/random.hpp"
#include "base/sha256.hpp"
#include "study/trial.hpp"
#include "task/score.hpp"

namespace lorahub::task {
namespace {

bool same_file(const study::TaskFiles& files) {
  if (files.test.empty() || files.test == files.pool) return true;
  std::error_code none;
  return std::filesystem::equivalent(files.pool, files.test, none);
}

std::vector<int> named_rows(const std::vector<int>& rows, int size, const std::string& file) {
  std::set<int> seen;
  for (const int row : rows) {
    base::check(row >= 0 && row < size,
                "{}: no row {} for the shots (the file has rows 0 to {}), name rows that are there",
                file, row, size - 1);
    base::check(seen.insert(row).second,
                "{}: row {} is named twice in the shots (each counts once), name it once", file,
                row);
  }
  return rows;
}

std::vector<int> drawn_rows(const study::Trial& trial, int size) {
  const int count = trial.shots.count;
  base::check(count >= 0, "shots: {} is no number of shots (less than none), set 0 or more", count);
  base::check(count <= size,
              "{}: {} rows, and {} shots are wanted (too few rows for the shots), set "
              "shots to {} or fewer or add rows",
              trial.task_files.pool, size, count, size);
  std::vector<int> rows = base::python_shuffle(trial.seed.shots, size);
  rows.resize(static_cast<size_t>(count));
  return rows;
}

std::string hash(const std::vector<Example>& rows) {
  base::Sha256 sum;
  for (const Example& row : rows)  // lengths in front, so that no two lists of rows read alike
    sum.update(
        base::format("{}:{},{}:{};", row.input.size(), row.input, row.target.size(), row.target));
  return sum.hex();
}

std::vector<Example> pick(const std::vector<Example>& pool, const std::vector<int>& rows) {
  std::vector<Example> picked;
  for (const int row : rows) picked.push_back(pool[static_cast<size_t>(row)]);
  return picked;
}

void shuffle_labels(std::vector<Example>& shots, const std::string& file) {
  base::check(shots.size() != 1,
              "{}: one shot alone has no other's answer (labels: shuffled), take 2 shots or more",
              file);
  for (size_t i = 1; i < shots.size(); ++i) std::swap(shots[i - 1].target, shots[i].target);
}

bool lists_target(const Example& row) {
  const std::vector<std::string> listed = options(row.input);
  return std::ranges::any_of(listed,
                             [&](const std::string& option) { return is_hit(option, row.target); });
}

study::Scoring scoring(const study::Trial& trial, const std::vector<Example>& pool) {
  if (trial.scoring != study::Scoring::options) return trial.scoring;
  const auto listing = static_cast<size_t>(std::ranges::count_if(pool, lists_target));
  return 2 * listing >= pool.size() ? study::Scoring::options : study::Scoring::generate;
}

}  // namespace

Task load(const study::Trial& trial) {
  const study::TaskFiles& files = trial.task_files;
  const bool one_file = same_file(files);
  const bool named = !trial.shots.rows.empty();
  const std::vector<Example> pool = read_examples(files.pool);
  const std::vector<Example> all = one_file ? pool : read_examples(files.test);
  const int size = static_cast<int>(pool.size());

  Task task{.name = trial.task};
  task.shot_rows = named ? named_rows(trial.shots.rows, size, files.pool) : drawn_rows(trial, size);
  task.shots = pick(pool, task.shot_rows);
  if (trial.labels == study::Labels::shuffled) shuffle_labels(task.shots, files.pool);

  std::map<std::string, int> shot_of;  // stripped input -> pool row
  for (size_t i = 0; i < task.shots.size(); ++i)
    shot_of.emplace(base::strip(task.shots[i].input), task.shot_rows[i]);
  for (int row = 0; row < static_cast<int>(all.size()); ++row) {
    const auto shot = shot_of.find(base::strip(all[static_cast<size_t>(row)].input));
    const bool meets = shot != shot_of.end();
    base::check(
        !meets || one_file || !named,
        "{} row {}: this shot is also row {} of {} (a test row must not be learned from), name "
        "another row",
        files.pool, meets ? shot->second : 0, row, files.test);
    (meets ? task.dropped_rows : task.test_rows).push_back(row);
  }
  task.test = pick(all, task.test_rows);
  task.scoring = scoring(trial, pool);
  task.shots_sha256 = hash(task.shots);
  task.test_sha256 = hash(task.test);
  return task;
}

}  // namespace lorahub::task
