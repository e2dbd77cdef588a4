#include "base/escape.hpp"

#include <algorithm>
#include <cctype>

#include "base/number.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"

namespace lorahub::base {
namespace {

bool is_any_of(char c, std::string_view list) { return list.find(c) != std::string_view::npos; }

// Whether the signs begin a tag, a comment or an entity; "p < 0.001" and "a & b" begin none.
bool begins_markup(char sign, char next) {
  const bool letter = std::isalpha(static_cast<unsigned char>(next)) != 0;
  return sign == '<' ? letter || is_any_of(next, "/!?") : sign == '&' && (letter || next == '#');
}

std::string markdown_sign(char previous, char c, char next) {
  if (c == '|') return "&#124;";  // a table would take "\|" apart at an escaped backslash
  if (c == '\n') return " ";
  if (begins_markup(c, next)) return c == '<' ? "&lt;" : "&amp;";
  const bool link = previous == ']' && is_any_of(c, "([:");  // "[1, 2]" alone is none
  const bool struck = c == '~' && (previous == '~' || next == '~');
  if (link || struck || is_any_of(c, "\\`*")) return std::string("\\") + c;
  return std::string(1, c);
}

bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  return number<double>(text).has_value();
}

bool is_formula(std::string_view text) {
  constexpr std::string_view kWide[] = {"＝", "＋", "－", "＠"};
  if (text.starts_with('\t')) return true;
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return false;
  const std::string_view begin = text.substr(first);
  const bool wide = std::ranges::any_of(kWide, [&](auto sign) { return begin.starts_with(sign); });
  return wide || (is_any_of(begin.front(), "=+-@") && !is_number(begin));
}

// A sign before each formula. Some spreadsheets part cells by ';' or tabs, whatever quotes say, so
// that one may begin behind these, too.
std::string without_formulas(std::string_view text) {
  std::string out;
  while (true) {
    const size_t end = text.find_first_of(";\t", text.starts_with('\t') ? 1 : 0);
    out += (is_formula(text.substr(0, end)) ? "'" : "") + std::string(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += text[end];
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : printable(text))
    out += c == '&'   ? "&amp;"
           : c == '<' ? "&lt;"
           : c == '>' ? "&gt;"
           : c == '"' ? "&quot;"
                      : std::string(1, c);
  return out;
}

std::string markdown_text(std::string_view text) {
  const std::string safe = printable(text);
  std::string out;
  for (size_t i = 0; i < safe.size(); ++i)
    out += markdown_sign(i == 0 ? '\0' : safe[i - 1], safe[i],
                         i + 1 < safe.size() ? safe[i + 1] : '\0');
  return out;
}

std::string markdown_block(std::string_view text) {
  size_t longest = 3, run = 0;  // at least four, since texts of three are common
  for (const char c : text) longest = std::max(longest, run = c == '`' ? run + 1 : 0);
  const std::string fence(longest + 1, '`');
  return fence + "\n" + printable(text) + "\n" + fence + "\n";
}

std::string csv_cell(std::string_view text) {
  const std::string safe = printable(without_formulas(text));
  if (safe.find_first_of(",;\t\"\n") == std::string::npos) return safe;
  std::string out = "\"";
  for (const char c : safe) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string printable_json(std::string_view dumped) {
  std::string out;
  out.reserve(dumped.size());
  for (size_t at = 0; at < dumped.size();) {
    const auto byte = static_cast<unsigned char>(dumped[at]);
    const size_t size = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    const std::string_view character = dumped.substr(at, size);
    const std::string shown = byte < 0x7F ? std::string(character) : printable(character);
    if (shown == character)
      out += shown;
    else if (shown.starts_with("\\x"))  // \x7f, \x9b
      out += "\\u00" + shown.substr(2);
    else if (shown.starts_with("\\u"))
      out += shown;
    else  // beyond U+FFFF: two escapes in JSON, and letters in a terminal obey nothing
      out += character;
    at += size;
  }
  return out;
}

}  // namespace lorahub::base
