// The compiled normaliser of a SentencePiece model, applied as Hugging Face's `tokenizers` applies
// it. It is ours because ids must equal those of transformers, and the SentencePiece library
// applies it otherwise (see replacement()).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lorahub::text {

// A double-array trie of byte strings and, for each, the text that replaces it.
class Normaliser {
 public:
  explicit Normaliser(std::string_view charsmap);  // "" changes nothing; Error when it is cut off
  std::string operator()(std::string_view text) const;

 private:
  // The replacement of the *shortest* entry that begins `chunk`: a grapheme under 6 bytes is
  // replaced as a whole by it. SentencePiece itself takes the longest entry; the ids of the
  // published models come from this rule.
  std::optional<std::string_view> replacement(std::string_view chunk) const;

  std::vector<uint32_t> units_;
  std::string texts_;  // each ends with a 0 byte
};

}  // namespace lorahub::text
