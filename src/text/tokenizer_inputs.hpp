// Which files of a model folder decide how its text is cut into tokens.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::text {

// The names of the files whose content can change the tokens of a text, so that a result depends on
// them. special_tokens_map.json and added_tokens.json are not among them where
// tokenizer_config.json says all that they say (then they can only contradict it, which is
// refused), nor is the map where it names T5's own special tokens alone.
std::vector<std::string> tokenizer_inputs(const std::filesystem::path& folder);

}  // namespace lorahub::text
