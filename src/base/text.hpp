// Formatting and small text tools.
#pragma once
#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lorahub::base {

using fmt::format;

std::string join(const std::vector<std::string>& words, std::string_view separator);
std::string strip(std::string_view text);  // without white space at both ends
std::string lower(std::string_view text);  // ASCII only
std::vector<std::string> split(std::string_view text, char separator);  // "" gives {}

// The word as a shell reads it back: quoted where it holds more than letters, digits and
// -_./:,=+@%.
std::string shell_word(std::string_view word);

// The word that is most likely meant: of the fewest letters left out, added, changed or swapped
// with their neighbour, in either case; the first one among equals. "" where none is near: at most
// a third of the letters may differ.
std::string nearest(std::string_view word, const std::vector<std::string>& words);

// The end of an error about an unknown word: ", did you mean 'shots'?", or `otherwise` where no
// word is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& words,
                         std::string_view otherwise = "");

}  // namespace lorahub::base
