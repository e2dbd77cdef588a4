// Which files of a model folder decide how its text is cut into tokens.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::text {

// The names of the files whose content can change the tokens of a text, so that a result depends on
// them. A file that can only repeat or contradict the others (which is refused) is not among them.
std::vector<std::string> tokenizer_inputs(const std::filesystem::path& folder);

}  // namespace lorahub::text
