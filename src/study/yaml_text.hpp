// Writes words as YAML text, and finds what can't be the YAML that a person meant before a parser
// guesses at it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace lorahub::study {

struct Misfit {
  int line = 1;         // from 1
  std::string problem;  // with a remedy
};

// The first misfit: another kind of file (base/file_kind.hpp), bytes that are no UTF-8, control
// characters, a line indented by a tab.
std::optional<Misfit> misfit(std::string_view text);

// YAML that a parser reads as this word: plain where that is safe, else in double quotes.
std::string yaml_word(std::string_view word);

}  // namespace lorahub::study
