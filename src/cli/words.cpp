#include "cli/words.hpp"

#include <fstream>

#include "base/check.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "plan/environment.hpp"

namespace lorahub::cli {
namespace {

std::optional<int> whole_number(std::string_view text) {
  constexpr size_t kMostDigits = 9;
  if (text.empty() || text.size() > kMostDigits) return std::nullopt;
  int number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = 10 * number + (digit - '0');
  }
  return number;
}

}  // namespace

std::vector<std::string> command_words() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string words{std::istreambuf_iterator<char>(file), {}};
  return base::split(words, '\0');
}

std::optional<std::pair<int, int>> two_numbers(std::string_view text, char between) {
  const size_t at = text.find(between);
  if (at == text.npos) return std::nullopt;
  const std::optional<int> first = whole_number(text.substr(0, at));
  const std::optional<int> second = whole_number(text.substr(at + 1));
  if (!first || !second) return std::nullopt;
  return std::pair(*first, *second);
}

int group_count(const std::string& text) {
  if (text == "auto") return 0;
  const int count = whole_number(text).value_or(0);
  base::check(count > 0, "--groups '{}': expected auto, or how many groups of ranks, such as 4",
              text);
  return count;
}

std::string wrong_seconds(const std::string& text, double most) {
  const double seconds = base::number<double>(text).value_or(0);
  if (seconds >= 1 && seconds <= most) return "";
  return base::format("{} is no number of seconds from 1 to {}", text, most);
}

workers::Identity identity() {
  std::vector<std::string> words = command_words();
  if (!words.empty()) words.erase(words.begin());  // where the program lies may differ
  for (std::string& word : words) word = base::shell_word(word);
  return plan::identity(base::join(words, " "));
}

}  // namespace lorahub::cli
