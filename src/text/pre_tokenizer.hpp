// Cuts a text into the words that byte-pair encoding works on, as the part "pre_tokenizer" of a
// tokenizer.json says.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/split_pattern.hpp"

namespace lorahub::text {

// SentencePiece's way: a sign stands for each space and before words ("Metaspace").
struct WordSigns {
  enum class Before {
    no_text,
    first_text,  // not before what stands behind an added token
    every_text
  };
  std::string sign;
  Before before = Before::every_text;
  bool splits = true;  // each sign begins a word; else the text is one word
};

struct PreTokenizer {
  std::vector<SplitPattern> patterns;  // each cuts what the one before it left
  bool is_byte_level = false;          // words are written in the letters of their bytes
  bool adds_space = false;             // before a piece that has none; only in a byte-level one
  std::optional<SplitPattern> words;   // cuts the pieces that have their space
  std::optional<WordSigns> signs;      // nothing else is set then

  // Gives each word to `take`, byte-level ones as the bytes they are. `is_first`: no added token
  // stands before the text.
  void cut(std::string_view text, bool is_first, const PieceSink& take) const;
};

}  // namespace lorahub::text
