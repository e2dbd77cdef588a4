// Words of YAML and of result files for the enumerations of choices.hpp and methods.hpp.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "study/choices.hpp"
#include "study/methods.hpp"

namespace lorahub::study {

// The words of an enumeration, in its order.
template <class Enum>
const std::vector<std::string>& words();
template <>
const std::vector<std::string>& words<Method>();
template <>
const std::vector<std::string>& words<Composition>();
template <>
const std::vector<std::string>& words<LossKind>();
template <>
const std::vector<std::string>& words<PenaltyKind>();
template <>
const std::vector<std::string>& words<SearchMethod>();
template <>
const std::vector<std::string>& words<Recommend>();
template <>
const std::vector<std::string>& words<Precision>();
template <>
const std::vector<std::string>& words<Engine>();
template <>
const std::vector<std::string>& words<Scoring>();
template <>
const std::vector<std::string>& words<Labels>();
template <>
const std::vector<std::string>& words<RetrieveBy>();

template <class Enum>
const std::string& name(Enum value) {
  return words<Enum>()[static_cast<size_t>(value)];
}

// The place of a word in a list; Error naming the nearest word and all of them. `what`: the knob,
// for the message.
size_t place_of(std::string_view word, std::string_view what, const std::vector<std::string>& list);

// The value a word stands for; Error likewise.
template <class Enum>
Enum parse(std::string_view word, std::string_view what) {
  return static_cast<Enum>(place_of(word, what, words<Enum>()));
}

}  // namespace lorahub::study
