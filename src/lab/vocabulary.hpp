// The base's tokenizer: every word of the lab is one piece.
#pragma once
#include <string>

#include "lab/recipe.hpp"

namespace lorahub::lab {

// All words that a prompt or an answer can hold, sorted.
Words vocabulary(const Recipe& recipe);

// A SentencePiece unigram model (spiece.model) trained on these words: <pad> 0, </s> 1, <unk> 2,
// each word behind a space as one piece, and the printable ASCII characters for all else. It trains
// on one thread and a fixed input, so each run gives the same bytes.
std::string train_pieces(const Words& words);

}  // namespace lorahub::lab
