#include "run/lead/agreement.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "run/messages/reading.hpp"
#include "run/messages/trial_message.hpp"
#include "study/study.hpp"

namespace lorahub::run {
namespace {

std::string or_nothing(const store::Inputs& inputs, const std::string& name) {
  const auto found = inputs.find(name);
  return found == inputs.end() ? "" : found->second;
}

using TextsByName = std::map<std::string, std::string>;

LeadReading message_of(const TrialReadings& reading) {
  LeadReading message;
  for (size_t i = 0; i < reading.trials.size(); ++i) {
    const store::Inputs& inputs = reading.inputs[i];
    message.trials.push_back({.trial = encode_trial(reading.trials[i]),
                              .files = digest(files_of(inputs)),
                              .shots = or_nothing(inputs, "shots"),
                              .test = or_nothing(inputs, "test")});
  }
  for (const auto& [path, hash] : reading.by_path) message.known.emplace_back(state_of(path), hash);
  return message;
}

std::string value_of(const TextsByName& pairs, const std::string& name) {
  const auto found = pairs.find(name);
  return found == pairs.end() ? "nothing" : found->second;
}

// The names whose values differ, or that one side lacks.
std::vector<std::string> differing(const TextsByName& a, const TextsByName& b) {
  std::vector<std::string> names;
  for (const TextsByName* side : {&a, &b})
    for (const auto& [name, value] : *side)
      if (value_of(a, name) != value_of(b, name) && !std::ranges::count(names, name))
        names.push_back(name);
  return names;
}

[[noreturn]] void refuse_knobs(const std::string& who, size_t trial, const TextsByName& found,
                               const study::Trial& mine) {
  const auto columns = study::columns(mine);
  const TextsByName knobs(columns.begin(), columns.end());
  const std::vector<std::string> names = differing(found, knobs);
  const std::string name = names.empty() ? "order" : names.front();
  base::fail(
      "{} reads another study than rank 0: {} of trial {} is {} there and {} on rank 0 (their "
      "results would mix), put the study and its configs on a shared disk",
      who, name, trial + 1, value_of(found, name), value_of(knobs, name));
}

[[noreturn]] void refuse_bytes(const std::string& who, const TextsByName& found,
                               const study::Trial& trial, const store::Inputs& inputs) {
  const bool rows = found.contains("shots") || found.contains("test");
  TextsByName mine;
  for (const auto& [name, hash] : inputs)
    if (is_of_rows(name) ? found.contains(name) : !rows) mine[name] = hash;
  base::fail(
      "{} reads other bytes than rank 0: {} of trial '{}' (results of two inputs would mix), put "
      "the files on a shared disk, or copy them again",
      who, base::join(differing(found, mine), ", "), study::label(trial));
}

[[noreturn]] void refuse(const std::string& who, const Difference& difference,
                         const TrialReadings& reading) {
  const size_t trial = difference.trial;
  if (difference.of == Difference::Of::count || trial >= reading.trials.size())
    base::fail(
        "{} reads another study than rank 0: it has {} trials, and {} on rank 0 (their results "
        "would mix), put the study and its configs on a shared disk",
        who, trial, reading.trials.size());
  const TextsByName found(difference.found.begin(), difference.found.end());
  if (difference.of == Difference::Of::knobs)
    refuse_knobs(who, trial, found, reading.trials[trial]);
  refuse_bytes(who, found, reading.trials[trial], reading.inputs[trial]);
}

}  // namespace

void check_agreement(workers::Dispatcher& dispatcher, const TrialReadings& reading) {
  if (dispatcher.ranks() == 1) return;
  const std::vector<std::string> replies = dispatcher.everyone(base::encode(
      RankRequest{.kind = RequestKind::agree, .body = base::encode(message_of(reading))}));
  for (size_t rank = 0; rank < replies.size(); ++rank) {
    const auto difference = base::decode<Difference>(replies[rank]);
    if (difference.of != Difference::Of::nothing)
      refuse(base::format("rank {} on {}", rank, dispatcher.hosts()[rank]), difference, reading);
  }
}

}  // namespace lorahub::run
