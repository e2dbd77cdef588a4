// Finds added tokens in text, as Hugging Face's `tokenizers` finds them: of all matches the
// leftmost, of these the longest, none inside another. It is ours because ids must equal those of
// transformers, flags of the tokens included.
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "text/added_token.hpp"

namespace lorahub::text {

class TokenMatcher {
 public:
  // `pattern` is the text to look for: the token's content, or the normalised content. Returns
  // false and adds nothing where it is empty or there already.
  [[nodiscard]] bool add(std::string pattern, const AddedToken& token);

  struct TextPart {
    std::string_view text;
    const AddedToken* token = nullptr;  // null: text between tokens
  };
  // The text's parts in their order. White space that a token takes belongs to its part.
  std::vector<TextPart> split(std::string_view text) const;

 private:
  struct TokenEntry {
    std::string pattern;
    AddedToken token;
  };
  const TokenEntry* find(std::string_view text) const;  // the longest that begins `text`, or null

  std::array<std::vector<TokenEntry>, 256> by_first_byte_;  // each longest first
};

}  // namespace lorahub::text
