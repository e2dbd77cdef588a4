// Writes a tokenizer of byte-pair encoding as the files that Hugging Face's libraries read.
#pragma once
#include <string>

#include "text/bpe_content.hpp"

namespace lorahub::text {

// The text of a tokenizer.json with this content: read_bpe_json() reads it back, and `tokenizers`
// gives the same ids with it.
std::string bpe_json_text(const BpeJson& json);

}  // namespace lorahub::text
