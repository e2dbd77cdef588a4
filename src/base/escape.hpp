// Escapes text for HTML, Markdown, CSV and JSON, so that it is shown there and never read as that
// language's own signs. Each function also makes it printable (base/printable.hpp).
#pragma once
#include <string>
#include <string_view>

namespace lorahub::base {

// Text of an element, or of an attribute between double quotes, in HTML and SVG.
std::string html_text(std::string_view text);

// Text within a line of Markdown or a cell of its tables: it makes no links, tags, code or further
// cells; a line break becomes a space. Signs that would mean nothing there stay as they are.
std::string markdown_text(std::string_view text);

// A block of code in Markdown, between fences longer than any in `text`.
std::string markdown_block(std::string_view text);

// A cell of a CSV file (RFC 4180), quoted where it must be. What a spreadsheet would take for a
// formula (= + - @ in front, unless it is a number) gets an apostrophe in front.
std::string csv_cell(std::string_view text);

// The dumped text of a JSON value with the characters that JSON allows and terminals obey (DEL, C1,
// directions of writing) as \u escapes: it reads back as the same value.
std::string printable_json(std::string_view dumped);

// A JSON value (nlohmann::json, ordered or not) as text: printable, with U+FFFD for what is no
// UTF-8. It throws for no content.
template <class Json>
std::string json_text(const Json& json, int indent = -1) {
  return printable_json(json.dump(indent, ' ', false, Json::error_handler_t::replace));
}

}  // namespace lorahub::base
