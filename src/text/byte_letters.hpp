// The letters that stand for bytes in the vocabulary of a byte-level tokenizer: a printable byte of
// Latin-1 is its own letter, the others are those from U+0100 on, in order.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lorahub::text {

std::string to_byte_letters(std::string_view bytes);           // in UTF-8
std::optional<unsigned char> byte_of_letter(char32_t letter);  // nothing: it stands for no byte

}  // namespace lorahub::text
