// The Unicode that tokenizers and the texts of tasks need: code points, white space, lower case,
// graphemes. The tables are ours where `tokenizers` and Python have editions of Unicode of their
// own, which ids and scores must follow; normal forms are those of utf8proc (text_steps.cpp).
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace lorahub::text {

// Takes one code point off the front of `text` (not empty). A byte that is no UTF-8 gives U+FFFD.
char32_t take(std::string_view& text);
char32_t last(std::string_view text);    // the last code point of `text` (not empty)
void drop_last(std::string_view& text);  // takes it off the end
void append(std::string& out, char32_t c);

// The text as UTF-8: for each broken sequence one U+FFFD, as Python's errors="replace" has it.
std::string whole_utf8(std::string_view text);

bool is_space(char32_t c);         // the property White_Space
bool is_python_space(char32_t c);  // Python's str.isspace: that, and the four separators of ASCII
// Without Python's white space at both ends, as str.strip().
std::string python_strip(std::string_view text);
bool is_word(char32_t c);    // \w: letters, marks, digits, connectors and joiners
char32_t lower(char32_t c);  // one letter for one letter

// Bytes of the first grapheme (UAX 29) of `text` (not empty). Hangul syllables of several letters,
// flags and Indic conjuncts are cut at their parts: each is 3 bytes or longer, so that it makes no
// difference to the normaliser, which treats graphemes under 6 bytes in a way of their own.
size_t grapheme(std::string_view text);

}  // namespace lorahub::text
