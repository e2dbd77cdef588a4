#include "text/token_matcher.hpp"

#include <algorithm>

#include "text/unicode.hpp"

namespace lorahub::text {
namespace {

bool ends_with_word(std::string_view text) { return !text.empty() && is_word(last(text)); }

bool begins_with_word(std::string_view text) { return !text.empty() && is_word(take(text)); }

size_t spaces_at_end(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty() && is_space(last(rest))) drop_last(rest);
  return text.size() - rest.size();
}

size_t spaces_at_begin(std::string_view text) {
  size_t size = 0;
  for (std::string_view rest = text; !rest.empty() && is_space(take(rest));)
    size = text.size() - rest.size();
  return size;
}

}  // namespace

bool TokenMatcher::add(std::string pattern, const AddedToken& token) {
  if (pattern.empty()) return false;
  std::vector<TokenEntry>& entries = by_first_byte_[static_cast<unsigned char>(pattern[0])];
  if (std::ranges::find(entries, pattern, &TokenEntry::pattern) != entries.end()) return false;
  const auto shorter = std::find_if(entries.begin(), entries.end(), [&](const TokenEntry& entry) {
    return entry.pattern.size() < pattern.size();
  });
  entries.insert(shorter, {.pattern = std::move(pattern), .token = token});
  return true;
}

const TokenMatcher::TokenEntry* TokenMatcher::find(std::string_view text) const {
  const std::vector<TokenEntry>& entries = by_first_byte_[static_cast<unsigned char>(text[0])];
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const TokenEntry& entry) {
    return text.starts_with(entry.pattern);
  });
  return found == entries.end() ? nullptr : &*found;
}

std::vector<TokenMatcher::TextPart> TokenMatcher::split(std::string_view text) const {
  std::vector<TextPart> parts;
  size_t plain = 0;  // where the text behind the last token begins
  for (size_t at = 0; at < text.size();) {
    const TokenEntry* entry = find(text.substr(at));
    if (entry == nullptr) {
      ++at;
      continue;
    }
    size_t begin = at, end = at + entry->pattern.size();
    at = end;  // what is no word of its own is passed over, too
    const bool beside_word = ends_with_word(text.substr(0, begin)) ||
                             (end < text.size() && begins_with_word(text.substr(end)));
    if (entry->token.single_word && beside_word) continue;
    if (entry->token.lstrip) begin = std::max(plain, begin - spaces_at_end(text.substr(0, begin)));
    if (entry->token.rstrip) end += spaces_at_begin(text.substr(end));
    if (plain < begin) parts.push_back({.text = text.substr(plain, begin - plain)});
    if (begin < end)  // else white space that the token before took is all there is
      parts.push_back({.text = text.substr(begin, end - begin), .token = &entry->token});
    plain = end;
  }
  if (plain < text.size()) parts.push_back({.text = text.substr(plain)});
  return parts;
}

}  // namespace lorahub::text
