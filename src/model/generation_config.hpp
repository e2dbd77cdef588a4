// generation_config.json of a model: how transformers would answer with it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "model/config_fields.hpp"

namespace lorahub::model {

// One sentence naming what transformers' generate() would do by this file (or, where there is none,
// by old fields of config.json) and greedy answers do not: beams, sampling, penalties, forced or
// suppressed tokens. "" for nothing.
std::string generation_warning(const std::filesystem::path& folder);

// One sentence where the file is there and names no token that ends an answer, so that
// transformers' generate() would not take config.json's; "" elsewhere.
std::string generation_end_warning(const std::filesystem::path& folder);

// Error where the file and config.json disagree about the tokens that begin or end an answer:
// `config` has these by the names of their fields.
void check_generation_tokens(const std::filesystem::path& folder,
                             const std::map<std::string, int64_t>& config);

// The tokens that end an answer, where the file names any: transformers prefers them to
// config.json's.
std::vector<int64_t> generation_ends(const std::filesystem::path& folder,
                                     ConfigFields::Range range);

}  // namespace lorahub::model
