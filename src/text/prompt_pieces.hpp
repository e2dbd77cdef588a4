// What stands around a prompt for a decoder-only model, as lorahub_prompt.json in its folder says.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::text {

// The model reads before + prompt + after, and writes joiner + answer. For one turn of a user every
// chat template is such a prefix and suffix (then the joiner is ""). Answers end before the first
// of the texts in `stop`.
struct PromptPieces {
  std::string before, after, joiner = " ";
  std::vector<std::string> stop = {"\n"};
};

// Reads {"before": "...", "after": "...", "joiner": "...", "stop": ["..."]}; a key that is not
// there, or the whole file, leaves what PromptPieces has. Error for other keys and values.
PromptPieces read_prompt_pieces(const std::filesystem::path& folder);

}  // namespace lorahub::text
