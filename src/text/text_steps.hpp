// The steps of a tokenizer.json that change a text before it is cut ("normalizer"), and those that
// make a text of tokens ("decoder"), as Hugging Face's `tokenizers` does them.
#pragma once
#include <string>
#include <vector>

namespace lorahub::text {

struct NormaliserStep {
  enum class Kind {
    nfc,      // Unicode's composed form
    prepend,  // puts `to` before a text that is not empty
    replace   // each `from` becomes `to`
  };
  Kind kind;
  std::string from, to;
};
std::string normalised(std::string text, const std::vector<NormaliserStep>& steps);

struct DecoderStep {
  enum class Kind {
    byte_letters,   // all letters of all tokens become bytes, and these one text
    replace,        // `from` becomes `to` in each token
    byte_fallback,  // rows of <0xNN> become texts
    join,           // one text of all ("Fuse")
    strip,          // up to `begin` and `end` times `from`, one letter, goes from the ends of each
    word_sign       // `from`, one letter, is a space, but nothing in the first token ("Metaspace")
  };
  Kind kind;
  std::string from, to;
  int begin = 0, end = 0;
};
// `tokens` in the order of the text.
std::string decoded(std::vector<std::string> tokens, const std::vector<DecoderStep>& steps);

// How many times as long the replacements of all steps together can make a text.
double growth(const std::vector<NormaliserStep>& steps);
double growth(const std::vector<DecoderStep>& steps);

}  // namespace lorahub::text
