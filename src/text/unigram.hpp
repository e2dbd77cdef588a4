// The likeliest cut of a word into pieces, in double precision and word by word, as Hugging Face's
// `tokenizers` computes it. It is ours because ids must equal those of transformers: the
// SentencePiece library sums in float over the whole text, so that near ties fall otherwise about
// once in 5,000 texts.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/piece_model.hpp"

namespace lorahub::text {

class Unigram {
 public:
  Unigram(const std::vector<VocabularyPiece>& pieces, int unknown);
  void encode(std::string_view word,
              std::vector<int64_t>& ids) const;  // appended; a run of unknowns is one id

 private:
  struct VocabularyEntry {
    int id;
    double score;
  };
  std::unordered_map<std::string, VocabularyEntry> entries_;
  size_t longest_ = 0;  // bytes
  int unknown_;
  double unknown_score_;
};

}  // namespace lorahub::text
