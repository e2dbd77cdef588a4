// Which files decide the tokens of a unigram tokenizer.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::text {

// See tokenizer_inputs(). special_tokens_map.json and added_tokens.json are not among the files
// where tokenizer_config.json says all that they say (then they can only contradict it, which is
// refused), nor is the map where it names T5's own special tokens alone.
std::vector<std::string> unigram_inputs(const std::filesystem::path& folder);

}  // namespace lorahub::text
