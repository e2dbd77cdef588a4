// What stands around a prompt for a decoder-only model, as lorahub_prompt.json in its folder says.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::text {

// The model reads before + prompt + after, and writes joiner + answer. For one turn of a user a
// chat template is such a prefix and suffix (then the joiner is ""); some strip the prompt, as
// Python's str.strip(). Answers end before the first of the texts in `stop`.
struct PromptPieces {
  std::string before, after, joiner = " ";
  std::vector<std::string> stop = {"\n"};
  bool strip = false;
};

// Reads {"before": "...", "after": "...", "joiner": "...", "stop": ["..."], "strip": false}; a key
// that is not there, or the whole file, leaves what PromptPieces has. Error for other keys and
// values.
PromptPieces read_prompt_pieces(const std::filesystem::path& folder);

}  // namespace lorahub::text
