#include "run/agreement.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/check.hpp"
#include "base/sha256.hpp"
#include "base/signals.hpp"
#include "run/requests.hpp"
#include "run/trial.hpp"
#include "study/study.hpp"
#include "task/task.hpp"
#include "workers/across.hpp"

namespace lorahub::run {
namespace {

namespace fs = std::filesystem;

constexpr size_t kWordsOfATrial = 4;  // knobs, files, shots, test rows

// "" where there is no such file.
std::string state_of_file(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return "";
  return base::format("{} {}:{} {} {}.{} {}.{}\n", path.filename().string(), info.st_dev,
                      info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                      info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

// Equal for the same files, unchanged, as two processes on one kernel see them; "" where that can't
// be told.
std::string state_of(const fs::path& path) {
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  if (boot.empty()) return "";
  std::vector<std::string> states;
  std::error_code error;
  if (fs::is_directory(path, error))
    for (const auto& entry : fs::directory_iterator(path, error))
      states.push_back(state_of_file(entry.path()));
  else
    states.push_back(state_of_file(path));
  if (error) return "";
  std::ranges::sort(states);
  return base::sha256(boot + "\n" + base::join(states, ""));
}

std::string digest(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string text;
  for (const auto& [name, value] : entries) text += base::format("{}={}\n", name, value);
  return base::sha256(text);
}

// What the ranks compare of a task are the rows read, not the bytes of their files.
bool is_of_rows(const std::string& name) {
  return name == "shots" || name == "test" || name == "pool file" || name == "test file";
}

// Those that are files or folders.
std::vector<std::pair<std::string, std::string>> files_of(const store::Inputs& inputs) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& [name, hash] : inputs)
    if (!is_of_rows(name)) files.emplace_back(name, hash);
  return files;
}

std::string or_nothing(const store::Inputs& inputs, const std::string& name) {
  const auto found = inputs.find(name);
  return found == inputs.end() ? "" : found->second;
}

std::string body_of(const Reading& reading) {
  std::vector<std::string> words{std::to_string(reading.trials.size())};
  for (size_t i = 0; i < reading.trials.size(); ++i) {
    const store::Inputs& inputs = reading.inputs[i];
    words.insert(words.end(), {digest(study::columns(reading.trials[i])), digest(files_of(inputs)),
                               or_nothing(inputs, "shots"), or_nothing(inputs, "test")});
  }
  for (const auto& [path, hash] : reading.by_path)
    words.insert(words.end(), {state_of(path), hash});
  return workers::pack(words);
}

using Pairs = std::map<std::string, std::string>;

// What a rank replies: what differs (a word below), the trial's number, and what it found there.
constexpr const char *kCount = "count", *kKnobs = "knobs", *kBytes = "bytes";

std::string report(const char* what, size_t trial,
                   const std::vector<std::pair<std::string, std::string>>& found) {
  std::vector<std::string> words{what, std::to_string(trial)};
  for (const auto& [name, value] : found) words.insert(words.end(), {name, value});
  return workers::pack(words);
}

Pairs pairs_of(std::span<const std::string> words) {
  Pairs pairs;
  for (size_t i = 0; i + 1 < words.size(); i += 2) pairs[words[i]] = words[i + 1];
  return pairs;
}

std::string value_of(const Pairs& pairs, const std::string& name) {
  const auto found = pairs.find(name);
  return found == pairs.end() ? "nothing" : found->second;
}

// The names whose values differ, or that one side lacks.
std::vector<std::string> differing(const Pairs& a, const Pairs& b) {
  std::vector<std::string> names;
  for (const Pairs* side : {&a, &b})
    for (const auto& [name, value] : *side)
      if (value_of(a, name) != value_of(b, name) && !std::ranges::count(names, name))
        names.push_back(name);
  return names;
}

[[noreturn]] void refuse_knobs(const std::string& who, size_t trial, const Pairs& found,
                               const study::Trial& mine) {
  const auto columns = study::columns(mine);
  const Pairs knobs(columns.begin(), columns.end());
  const std::vector<std::string> names = differing(found, knobs);
  const std::string name = names.empty() ? "order" : names.front();
  base::fail(
      "{} reads another study than rank 0: {} of trial {} is {} there and {} on rank 0 (their "
      "results would mix), put the study and its configs on a shared disk",
      who, name, trial + 1, value_of(found, name), value_of(knobs, name));
}

[[noreturn]] void refuse_bytes(const std::string& who, const Pairs& found,
                               const study::Trial& trial, const store::Inputs& inputs) {
  const bool rows = found.contains("shots") || found.contains("test");
  Pairs mine;
  for (const auto& [name, hash] : inputs)
    if (is_of_rows(name) ? found.contains(name) : !rows) mine[name] = hash;
  base::fail(
      "{} reads other bytes than rank 0: {} of trial '{}' (results of two inputs would mix), put "
      "the files on a shared disk, or copy them again",
      who, base::join(differing(found, mine), ", "), study::label(trial));
}

[[noreturn]] void refuse(const std::string& who, const std::vector<std::string>& words,
                         const Reading& reading) {
  const size_t trial = std::strtoul(words.at(1).c_str(), nullptr, 10);
  if (words[0] == kCount || trial >= reading.trials.size())
    base::fail(
        "{} reads another study than rank 0: it has {} trials, and {} on rank 0 (their results "
        "would mix), put the study and its configs on a shared disk",
        who, words.at(1), reading.trials.size());
  const Pairs found = pairs_of(std::span(words).subspan(2));
  if (words[0] == kKnobs) refuse_knobs(who, trial, found, reading.trials[trial]);
  refuse_bytes(who, found, reading.trials[trial], reading.inputs[trial]);
}

// Hashes of this trial's files that are the very ones that rank 0 has hashed.
void add_known(const study::Trial& trial, const Pairs& known, Pairs& hashes) {
  for (const fs::path& path : hashed_paths(trial)) {
    if (hashes.contains(path.string())) continue;
    const auto found = known.find(state_of(path));
    if (found != known.end() && !found->first.empty()) hashes[path.string()] = found->second;
  }
}

}  // namespace

void check_agreement(workers::Crew& crew, const Reading& reading) {
  if (crew.ranks() == 1) return;
  const std::vector<std::string> replies =
      crew.everyone(encode({.kind = Request::agree, .body = body_of(reading)}));
  for (size_t rank = 0; rank < replies.size(); ++rank)
    if (!replies[rank].empty())
      refuse(base::format("rank {} on {}", rank, crew.hosts()[rank]),
             workers::unpack(replies[rank]), reading);
}

std::string compare_reading(const std::string& body, const std::vector<study::Trial>& trials) {
  const std::vector<std::string> words = workers::unpack(body);
  const size_t begin = 1 + kWordsOfATrial * trials.size();
  if (words.empty() || words[0] != std::to_string(trials.size()) || words.size() < begin)
    return report(kCount, trials.size(), {});
  const Pairs known = pairs_of(std::span(words).subspan(begin));
  Pairs hashes;
  for (size_t i = 0; i < trials.size(); ++i) {
    base::throw_if_signalled();
    const auto expected = std::span(words).subspan(1 + kWordsOfATrial * i, kWordsOfATrial);
    const auto knobs = study::columns(trials[i]);
    if (digest(knobs) != expected[0]) return report(kKnobs, i, knobs);
    add_known(trials[i], known, hashes);
    const auto files = files_of(file_inputs(trials[i], hashes));
    if (digest(files) != expected[1]) return report(kBytes, i, files);
    const task::Task task = task::load(trials[i]);
    if (!expected[2].empty() && task.shots_sha256 != expected[2])
      return report(kBytes, i, {{"shots", task.shots_sha256}});
    if (!expected[3].empty() && task.test_sha256 != expected[3])
      return report(kBytes, i, {{"test", task.test_sha256}});
  }
  return "";
}

}  // namespace lorahub::run
