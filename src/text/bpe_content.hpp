// What the files of a tokenizer of byte-pair encoding say together: tokenizer.json, and the files
// beside it that name tokens.
#pragma once
#include <filesystem>

#include "text/bpe_json.hpp"

namespace lorahub::text {

struct BpeContent {
  BpeJson json;            // with the special tokens that other files name
  int64_t end = 0;         // what ends an answer: eos_token
  bool cuts_left = false;  // truncation_side: what a limit cuts is the beginning
};

// A special token that tokenizer_config.json names (or special_tokens_map.json, where that has no
// added_tokens_decoder) is cut out of texts even where tokenizer.json has it as a plain token, and
// takes the next free id where no file gives it one, as in transformers 5 (TokenizersBackend). The
// post-processor of tokenizer.json decides what is put around a text. Error naming file and token
// where files contradict each other (add_bos_token and add_eos_token with the post-processor, the
// tokenizer's class with its expression), where a special token of another name or of a list is no
// added token, and where no file names the eos_token.
// `json_from`: where tokenizer.json lies when `folder` has none.
BpeContent read_bpe_content(const std::filesystem::path& folder,
                            const std::filesystem::path& json_from = {});

}  // namespace lorahub::text
