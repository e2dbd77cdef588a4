#include "text/byte_letters.hpp"

#include <array>

#include "text/unicode.hpp"

namespace lorahub::text {
namespace {

constexpr size_t kBytes = 256;
constexpr size_t kLetters = 0x144;  // all letters are below

constexpr bool is_own_letter(size_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr std::array<char32_t, kBytes> kLetterOfByte = [] {
  std::array<char32_t, kBytes> letters{};
  char32_t next = 0x100;
  for (size_t byte = 0; byte < kBytes; ++byte)
    letters[byte] = is_own_letter(byte) ? static_cast<char32_t>(byte) : next++;
  return letters;
}();

constexpr std::array<int, kLetters> kByteOfLetter = [] {
  std::array<int, kLetters> bytes{};
  bytes.fill(-1);
  for (size_t byte = 0; byte < kBytes; ++byte) bytes[kLetterOfByte[byte]] = static_cast<int>(byte);
  return bytes;
}();

}  // namespace

std::string to_byte_letters(std::string_view bytes) {
  std::string letters;
  letters.reserve(2 * bytes.size());
  for (const char byte : bytes) append(letters, kLetterOfByte[static_cast<unsigned char>(byte)]);
  return letters;
}

std::optional<unsigned char> byte_of_letter(char32_t letter) {
  if (letter >= kLetters || kByteOfLetter[letter] < 0) return std::nullopt;
  return static_cast<unsigned char>(kByteOfLetter[letter]);
}

}  // namespace lorahub::text
