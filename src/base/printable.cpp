#include "base/printable.hpp"

#include <algorithm>
#include <cstdint>

#include "base/file_kind.hpp"
#include "base/text.hpp"

namespace lorahub::base {
namespace {

enum class Breaks { kept, escaped };

struct Character {
  char32_t code;
  size_t size;  // bytes
};

// `text` begins with a character of UTF-8.
Character first_character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t size = byte(0) < 0x80 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  char32_t code = size == 1 ? byte(0) : byte(0) & (0xFFU >> (size + 1));
  for (size_t i = 1; i < size; ++i) code = code << 6 | (byte(i) & 0x3FU);
  return {.code = code, .size = size};
}

bool is_safe(char32_t c) {
  const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  return !(c < 0x20 || within(0x7F, 0x9F)  // control characters
           || within(0x2028, 0x2029)       // line, paragraph separator
           || within(0x202A, 0x202E) || within(0x200E, 0x200F) || c == 0x061C  // directions
           || c == 0x00AD || c == 0x180E || c == 0x200B                        // without a width
           || within(0x2060, 0x206F) || within(0xFFF9, 0xFFFB)  // directions, invisible signs
           || within(0xE0000, 0xE007F)                          // invisible tags
           || c == 0xFEFF || (c & 0xFFFE) == 0xFFFE);           // marks and no characters
}

std::string escape(char32_t c) {
  const auto code = static_cast<uint32_t>(c);
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  if (c < 0x100) return format("\\x{:02x}", code);
  return c < 0x10000 ? format("\\u{:04x}", code) : format("\\U{:08x}", code);
}

void add_utf8(std::string_view text, Breaks breaks, std::string& out) {
  while (!text.empty()) {
    const Character c = first_character(text);
    const bool stays = breaks == Breaks::kept && (c.code == '\n' || c.code == '\t');
    if (stays || is_safe(c.code))
      out += text.substr(0, c.size);
    else
      out += escape(c.code);
    text.remove_prefix(c.size);
  }
}

bool is_plain(char c) { return c >= ' ' && c <= '~'; }

std::string shown(std::string_view text, Breaks breaks) {
  if (std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (const auto bad = first_not_utf8(text)) {
    add_utf8(text.substr(0, *bad), breaks, out);
    out += format("\\x{:02x}", static_cast<unsigned char>(text[*bad]));
    text.remove_prefix(*bad + 1);
  }
  add_utf8(text, breaks, out);
  return out;
}

}  // namespace

std::string printable(std::string_view text) { return shown(text, Breaks::kept); }

std::string printable_line(std::string_view text) { return shown(text, Breaks::escaped); }

bool is_printable_line(std::string_view text) { return printable_line(text) == text; }

bool is_file_name(std::string_view name) {
  constexpr size_t kLongest = 200;
  return !name.empty() && name != "." && name != ".." && name.size() <= kLongest &&
         name.find('/') == std::string_view::npos && is_printable_line(name);
}

std::string shortened(std::string_view text, size_t most) {
  const std::string_view line = text.substr(0, text.find('\n'));
  if (line.size() <= most) return std::string(line);
  while (most > 0 && (static_cast<unsigned char>(line[most]) & 0xC0) == 0x80) --most;
  return std::string(line.substr(0, most)) + "...";
}

}  // namespace lorahub::base
