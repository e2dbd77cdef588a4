#include "study/choices.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/text.hpp"
#include "study/losses.hpp"
#include "study/retrievals.hpp"

namespace lorahub::study {

template <>
const std::vector<std::string>& words<LossKind>() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> all;
    for (const LossInfo& row : kLosses) all.emplace_back(row.word);
    return all;
  }();
  return list;
}

template <>
const std::vector<std::string>& words<PenaltyKind>() {
  static const std::vector<std::string> list = {"l1_mean", "l1_sum", "l2", "none"};
  return list;
}

template <>
const std::vector<std::string>& words<SearchMethod>() {
  static const std::vector<std::string> list = {"cma", "official", "random"};
  return list;
}

template <>
const std::vector<std::string>& words<Descent>() {
  static const std::vector<std::string> list = {"adam", "bfgs"};
  return list;
}

template <>
const std::vector<std::string>& words<Recommend>() {
  static const std::vector<std::string> list = {"best", "mean"};
  return list;
}

template <>
const std::vector<std::string>& words<Precision>() {
  static const std::vector<std::string> list = {"f32", "bf16", "delta-bf16", "delta-int8"};
  return list;
}

template <>
const std::vector<std::string>& words<Engine>() {
  static const std::vector<std::string> list = {"fast", "reference"};
  return list;
}

template <>
const std::vector<std::string>& words<Scoring>() {
  static const std::vector<std::string> list = {"generate", "options"};
  return list;
}

template <>
const std::vector<std::string>& words<InputSignal>() {
  static const std::vector<std::string> list = {"norm", "entropy"};
  return list;
}

template <>
const std::vector<std::string>& words<Labels>() {
  static const std::vector<std::string> list = {"given", "shuffled"};
  return list;
}

template <>
const std::vector<std::string>& words<RetrieveBy>() {
  static const std::vector<std::string> list = [] {
    std::vector<std::string> all;
    for (const RetrievalInfo& row : kRetrievals) all.emplace_back(row.word);
    return all;
  }();
  return list;
}

size_t place_of(std::string_view word, std::string_view what,
                const std::vector<std::string>& list) {
  const auto found = std::find(list.begin(), list.end(), word);
  base::check(found != list.end(), "unknown {} '{}' (known: {}){}", what, word,
              base::join(list, ", "), base::did_you_mean(word, list));
  return static_cast<size_t>(found - list.begin());
}

Precision exact(Precision precision) {
  const bool delta = precision == Precision::delta_bf16 || precision == Precision::delta_int8;
  return delta ? Precision::f32 : precision;
}

bool reads_answers(LossKind kind) { return info(kind).reads_answers; }

LossKind of_entropies(LossKind kind) { return info(kind).has_gradient ? kind : LossKind::official; }

}  // namespace lorahub::study
