#include "run/rank/compare_reading.hpp"

#include "base/signals.hpp"
#include "plan/input_hashes.hpp"
#include "run/messages/reading.hpp"
#include "run/messages/trial_message.hpp"
#include "study/study.hpp"
#include "task/task.hpp"

namespace lorahub::run {

namespace fs = std::filesystem;

namespace {

using TextsByName = std::map<std::string, std::string>;

// Hashes of this trial's files that are the very ones that rank 0 has hashed.
void add_known(const study::Trial& trial, const TextsByName& known, plan::InputCache& cache) {
  for (const fs::path& path : plan::hashed_paths(trial, cache)) {
    if (cache.hashes.contains(path.string())) continue;
    const auto found = known.find(state_of(path));
    if (found != known.end() && !found->first.empty()) cache.hashes[path.string()] = found->second;
  }
}

}  // namespace

Difference compare_reading(const LeadReading& lead, const OwnTrials& own) {
  if (own.differ_in_number(lead.trials.size()))
    return {.of = Difference::Of::count, .trial = own.count()};
  const TextsByName known(lead.known.begin(), lead.known.end());
  plan::InputCache cache;
  for (size_t i = 0; i < lead.trials.size(); ++i) {
    base::throw_if_signalled();
    const auto differs = [i](Difference::Of of, NamedTexts found) -> Difference {
      return {.of = of, .trial = i, .found = std::move(found)};
    };
    const TrialReading& expected = lead.trials[i];
    const study::Trial trial = own.with_own_paths(decode_trial(expected.trial));
    if (const study::Trial* other = own.other_than(trial, i))
      return differs(Difference::Of::knobs, study::columns(*other));
    add_known(trial, known, cache);
    const NamedTexts files = files_of(plan::file_inputs(trial, cache));
    if (digest(files) != expected.files) return differs(Difference::Of::bytes, files);
    const task::Task task = task::load(trial);
    if (!expected.shots.empty() && task.shots_sha256 != expected.shots)
      return differs(Difference::Of::bytes, {{"shots", task.shots_sha256}});
    if (!expected.test.empty() && task.test_sha256 != expected.test)
      return differs(Difference::Of::bytes, {{"test", task.test_sha256}});
  }
  return {};
}

}  // namespace lorahub::run
