#include "cli/words.hpp"

#include <fstream>

#include "base/text.hpp"
#include "plan/environment.hpp"

namespace lorahub::cli {

std::vector<std::string> command_words() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string words{std::istreambuf_iterator<char>(file), {}};
  return base::split(words, '\0');
}

workers::Identity identity() {
  std::vector<std::string> words = command_words();
  if (!words.empty()) words.erase(words.begin());  // where the program lies may differ
  for (std::string& word : words) word = base::shell_word(word);
  return plan::identity(base::join(words, " "));
}

}  // namespace lorahub::cli
