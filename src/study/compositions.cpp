#include "study/compositions.hpp"

#include "base/text.hpp"
#include "study/trial.hpp"

namespace lorahub::study {

template <>
const std::vector<std::string>& words<Composition>() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> all;
    for (const CompositionInfo& row : kCompositions) all.emplace_back(row.word);
    return all;
  }();
  return list;
}

std::vector<std::string> compositions_that_keep_a_module() {
  std::vector<std::string> list;
  for (const CompositionInfo& row : kCompositions)
    if (keeps_a_module(row.composition)) list.emplace_back(row.word);
  return list;
}

MixingRule mixing_rule(const Trial& trial) {
  return {trial.composition, trial.mixing, trial.seed.search};
}

std::string text(const MixingRule& rule) {
  const CompositionInfo& row = info(rule.composition);
  const CompositionSettings& more = rule.settings;
  std::string words = name(rule.composition);
  if (row.pruning != Pruning::none) words += base::format(" density={}", more.density);
  if (row.pruning == Pruning::random) words += base::format(" seed={}", rule.seed);
  if (row.mixes == Mixes::cut) words += base::format(" rank={}", more.rank);
  if (row.mixes == Mixes::routed)
    words += base::format(" experts={} temperature={}", more.experts, more.temperature);
  return words;
}

}  // namespace lorahub::study
