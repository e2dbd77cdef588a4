// The content of tokenizer.json, as far as a T5 tokenizer needs it.
#pragma once
#include <filesystem>
#include <optional>
#include <vector>

#include "text/piece_model.hpp"

namespace lorahub::text {

struct TokenizerJson {
  PieceModel model;               // nothing in `cut`
  std::vector<AddedToken> added;  // with their ids, in the order of the file
  int64_t end = -1;               // what the file's post-processor puts behind a text
};

// The class of transformers that builds a tokenizer from the file. T5Tokenizer takes its pieces,
// its compiled normaliser and its added tokens, and splits, ends and decodes text in T5's way
// whatever the file says; TokenizersBackend does all as the file says.
enum class TokenizerClass { t5, backend };

// Nothing where there is no file. Error naming what is not as T5's tokenizer has it (another kind
// of model, a step that the class would pass over or that is not known).
std::optional<TokenizerJson> read_tokenizer_json(const std::filesystem::path& file,
                                                 TokenizerClass by);

}  // namespace lorahub::text
