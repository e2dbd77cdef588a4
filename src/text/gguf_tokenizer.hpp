// The tokenizer that a GGUF file holds beside the weights of its model.
#pragma once
#include "gguf/metadata.hpp"
#include "text/bpe_content.hpp"
#include "text/tokenizer_kind.hpp"

namespace lorahub::text {

// As a tokenizer.json of the same model would say it. SentencePiece's pieces have scores instead of
// merges: the merges are all ways to put a piece together, the best piece first, as transformers
// converts such a model. Error naming file and key for a kind that is not known here.
BpeContent gguf_content(const gguf::Metadata& metadata);

// Folders whose model is one GGUF file, where no tokenizer.json stands beside it.
extern const TokenizerKind kGguf;

}  // namespace lorahub::text
