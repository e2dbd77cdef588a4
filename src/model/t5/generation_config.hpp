// generation_config.json of a model: how transformers would answer with it.
#pragma once
#include <filesystem>
#include <string>

#include "model/t5/t5_config.hpp"

namespace lorahub::model::t5 {

// One sentence naming what transformers' generate() would do by this file (or, where there is none,
// by old fields of config.json) and greedy answers do not: beams, sampling, penalties, forced or
// suppressed tokens. "" for nothing.
std::string generation_warning(const std::filesystem::path& folder);

// Error where the file and config.json disagree about the tokens that begin or end an answer.
void check_generation_tokens(const std::filesystem::path& folder, const T5Config& config);

}  // namespace lorahub::model::t5
