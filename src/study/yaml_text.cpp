#include "study/yaml_text.hpp"

#include <algorithm>
#include <cctype>

#include "base/file_kind.hpp"
#include "base/text.hpp"

namespace lorahub::study {
namespace {

int line_of(std::string_view text, size_t at) {
  return 1 + static_cast<int>(std::ranges::count(text.substr(0, at), '\n'));
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

// The place of the first tab that indents a line.
size_t indenting_tab(std::string_view text) {
  for (size_t line = 0; line < text.size();) {
    const size_t end = std::min(text.find('\n', line), text.size());
    const size_t word = std::min(text.find_first_not_of(" \t\r", line), end);
    const size_t tab = text.substr(0, word).find('\t', line);
    if (tab != text.npos && word < end && text[word] != '#') return tab;
    line = end + 1;
  }
  return text.npos;
}

}  // namespace

std::optional<Misfit> misfit(std::string_view text) {
  if (const auto kind = base::file_kind(text); kind && !text.empty())
    return Misfit{.line = 1, .problem = "no YAML text: it seems to be " + *kind};
  if (const auto at = base::first_not_utf8(text))
    return Misfit{.line = line_of(text, *at),
                  .problem = base::format("the byte 0x{:02x} is no UTF-8 text (is it Latin-1?), "
                                          "save the file as UTF-8",
                                          static_cast<unsigned char>(text[*at]))};
  if (const auto control = std::ranges::find_if(text, is_control); control != text.end())
    return Misfit{.line = line_of(text, static_cast<size_t>(control - text.begin())),
                  .problem = base::format("a control character (0x{:02x}) that shows in no editor, "
                                          "delete it",
                                          static_cast<unsigned char>(*control))};
  if (const size_t tab = indenting_tab(text); tab != text.npos)
    return Misfit{.line = line_of(text, tab),
                  .problem =
                      "a tab in front of the line (YAML indents by spaces alone), write "
                      "spaces"};
  return std::nullopt;
}

namespace {

bool is_plain(std::string_view word) {
  const auto is_in = [](char c, std::string_view more) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || more.find(c) != more.npos;
  };
  return !word.empty() && is_in(word[0], "_/") &&
         std::ranges::all_of(word, [&](char c) { return is_in(c, "_/.+-"); }) && word != "null" &&
         word != "Null" && word != "NULL";
}

}  // namespace

std::string yaml_word(std::string_view word) {
  if (is_plain(word)) return std::string(word);
  std::string text = "\"";
  for (const char c : word) {
    if (is_control(c) || c == '\t' || c == '\n' || c == '\r')
      text += base::format("\\x{:02x}", static_cast<unsigned char>(c));
    else if (c == '"' || c == '\\')
      text += {'\\', c};
    else
      text += c;
  }
  return text + '"';
}

}  // namespace lorahub::study
