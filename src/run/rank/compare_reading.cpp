#include "run/rank/compare_reading.hpp"

#include "base/bytes.hpp"
#include "base/signals.hpp"
#include "plan/input_hashes.hpp"
#include "run/messages/reading.hpp"
#include "study/study.hpp"
#include "task/task.hpp"

namespace lorahub::run {

namespace fs = std::filesystem;

namespace {

// Hashes of this trial's files that are the very ones that rank 0 has hashed.
void add_known(const study::Trial& trial, const Pairs& known, Pairs& hashes) {
  for (const fs::path& path : plan::hashed_paths(trial)) {
    if (hashes.contains(path.string())) continue;
    const auto found = known.find(state_of(path));
    if (found != known.end() && !found->first.empty()) hashes[path.string()] = found->second;
  }
}

}  // namespace

std::string compare_reading(const std::string& body, const std::vector<study::Trial>& trials) {
  const std::vector<std::string> words = base::unpack_texts(body);
  const size_t begin = 1 + kWordsOfATrial * trials.size();
  if (words.empty() || words[0] != std::to_string(trials.size()) || words.size() < begin)
    return difference_reply(kCount, trials.size(), {});
  const Pairs known = pairs_of(std::span(words).subspan(begin));
  Pairs hashes;
  for (size_t i = 0; i < trials.size(); ++i) {
    base::throw_if_signalled();
    const auto expected = std::span(words).subspan(1 + kWordsOfATrial * i, kWordsOfATrial);
    const auto knobs = study::columns(trials[i]);
    if (digest(knobs) != expected[0]) return difference_reply(kKnobs, i, knobs);
    add_known(trials[i], known, hashes);
    const auto files = files_of(plan::file_inputs(trials[i], hashes));
    if (digest(files) != expected[1]) return difference_reply(kBytes, i, files);
    const task::Task task = task::load(trials[i]);
    if (!expected[2].empty() && task.shots_sha256 != expected[2])
      return difference_reply(kBytes, i, {{"shots", task.shots_sha256}});
    if (!expected[3].empty() && task.test_sha256 != expected[3])
      return difference_reply(kBytes, i, {{"test", task.test_sha256}});
  }
  return "";
}

}  // namespace lorahub::run
