#include "base/text.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

namespace lorahub::base {

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

std::string strip(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r\f\v";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

namespace {

// The optimal string alignment distance: Levenshtein's, where two neighbours that are swapped count
// once.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last, last, row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last = std::exchange(last, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({substitute, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string_view without_dashes(std::string_view word) {  // of an option
  return word.substr(std::min(word.size(), word.find_first_not_of('-')));
}

}  // namespace

std::string shell_word(std::string_view word) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) ||
           std::string_view("-_./:,=+@%").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::ranges::all_of(word, plain)) return std::string(word);
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

std::string nearest(std::string_view word, const std::vector<std::string>& words) {
  const std::string wanted = lower(without_dashes(word));
  size_t least = std::min((wanted.size() + 2) / 3 + 1, wanted.size());  // one more than may differ
  std::string best;
  for (const std::string& known : words) {
    const std::string_view name = without_dashes(known);
    if (name.size() >= wanted.size() + least || wanted.size() >= name.size() + least) continue;
    const size_t distance = edit_distance(wanted, lower(name));
    if (distance >= least) continue;
    least = distance;
    best = known;
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& words,
                         std::string_view otherwise) {
  const std::string best = nearest(word, words);
  return best.empty() ? std::string(otherwise) : fmt::format(", did you mean '{}'?", best);
}

}  // namespace lorahub::base
