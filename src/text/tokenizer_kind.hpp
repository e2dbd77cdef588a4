// A kind of tokenizer, as the source of its class describes it. The list of all kinds stands in
// tokenizer_kind.cpp: a new kind is a pair of files and a line there.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "text/added_token.hpp"
#include "text/tokenizer.hpp"

namespace lorahub::text {

// All that decides which ids a text gets, for a comparison of two folders.
struct TokenTable {
  std::map<std::string, AddedToken> ids;  // by text: tokens of the vocabulary and added ones
  std::string rules;                      // how text is normalised and cut before, as bytes
};

struct TokenizerKind {
  // Whether the files of a folder are of this kind. The kinds are asked in the order of the list,
  // and the last one always answers yes.
  bool (*recognises)(const std::filesystem::path& folder);

  std::shared_ptr<const Tokenizer> (*load)(const std::filesystem::path& folder);

  // See tokenizer_inputs().
  std::vector<std::string> (*inputs)(const std::filesystem::path& folder);

  // Reads the tokens of `folder`; the vocabulary comes from `vocabulary_from` where `folder` has
  // none (an adapter's folder often holds added tokens alone).
  TokenTable (*tokens)(const std::filesystem::path& folder,
                       const std::filesystem::path& vocabulary_from);
};

// The kind of the tokenizer in a model's folder.
const TokenizerKind& tokenizer_kind(const std::filesystem::path& folder);

}  // namespace lorahub::text
