// The content of a SentencePiece model file (spiece.model), as far as a T5 tokenizer needs it.
// The reader is ours because few fields are needed, and the library that reads the format cuts text
// otherwise than transformers (unigram.hpp).
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "text/added_token.hpp"

namespace lorahub::text {

inline constexpr std::string_view kWordSign = "\u2581";  // stands for the space before a word
inline constexpr int kT5Unknown = 2;                     // id of <unk>, whatever a file says

struct VocabularyPiece {
  std::string text;  // kWordSign stands for the space before a word
  double score = 0;  // log probability, rounded to float in the file
};

struct PieceModel {
  std::vector<VocabularyPiece> pieces;  // the id is the place
  std::string charsmap;                 // the compiled normaliser; "" for none
  int unknown = 0;                      // id of <unk>
  std::vector<AddedToken> cut;          // control (special) and user-defined pieces, by id
};

// Error when the file is missing, cut off, of another format, or not of the unigram kind.
PieceModel read_piece_model(const std::filesystem::path& file);

}  // namespace lorahub::text
