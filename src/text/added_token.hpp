// A token that stands beside the pieces of a tokenizer's model and is matched before them.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

namespace lorahub::text {

struct AddedToken {
  std::string content;
  int64_t id = -1;           // -1: the next free one, or that of the piece of this text
  bool special = false;      // left out of answers
  bool normalized = true;    // matched in normalised text; else in the text as it is
  bool single_word = false;  // matched only where no letter of a word stands beside it
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space behind it

  bool operator==(const AddedToken&) const = default;
};

// A special token as transformers makes it of a plain word.
inline AddedToken special_token(std::string content) {
  return {.content = std::move(content), .special = true, .normalized = false};
}

}  // namespace lorahub::text
