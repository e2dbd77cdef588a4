#include "base/nesting.hpp"

#include <cstddef>

namespace lorahub::base {
namespace {

constexpr size_t kDeepest = 500;

// The place behind the closing quotation mark of a string that begins at `at`.
size_t after_string(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

}  // namespace

std::string_view shallow_json(std::string_view text) {
  size_t depth = 0;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = after_string(text, at);
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (depth > kDeepest) return {};
    ++at;
  }
  return text;
}

}  // namespace lorahub::base
