// Which tokenizer.json is one of byte-pair encoding.
#pragma once
#include <filesystem>

namespace lorahub::text {

// Whether the file is there and its model is of byte-pair encoding: by its type, or in files of old
// versions, which name none, by its merges. Reads no further than that takes.
bool is_bpe_json(const std::filesystem::path& file);

}  // namespace lorahub::text
