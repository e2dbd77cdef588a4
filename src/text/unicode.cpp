#include "text/unicode.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include "text/unicode_tables.hpp"
#include "text/unicode_words.hpp"

namespace lorahub::text {
namespace {

// The last run that begins at or before c, or null.
template <class R>
const R* run_at(std::span<const R> runs, char32_t c) {
  const auto after = std::upper_bound(runs.begin(), runs.end(), c,
                                      [](char32_t x, const R& run) { return x < run.first; });
  return after == runs.begin() ? nullptr : &*std::prev(after);
}

bool in(std::span<const Run> runs, char32_t c) {
  const Run* run = run_at(runs, c);
  return run != nullptr && c <= run->last;
}

constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kJoiner = 0x200D;  // zero-width

// Bytes of the sequence that begins with `lead`; 0 for none.
int length_of(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

// Whether byte `at` of a sequence can follow those before it.
bool can_follow(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const auto byte = static_cast<unsigned char>(text[at]);
  const int least = at > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const int most = at > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return byte >= least && byte <= most;
}

// The code point, or the longest part of one, at the front of `text` (not empty).
struct CodeSequence {
  size_t size;  // bytes; at least 1
  bool is_whole;
};
CodeSequence first_sequence(std::string_view text) {
  const auto length = static_cast<size_t>(length_of(static_cast<unsigned char>(text[0])));
  if (length == 0) return {.size = 1, .is_whole = false};
  for (size_t at = 1; at < length; ++at)
    if (at == text.size() || !can_follow(text, at)) return {.size = at, .is_whole = false};
  return {.size = length, .is_whole = true};
}

// Where the last code point begins: as `take` would come to it from the front.
size_t last_begin(std::string_view text) {
  constexpr size_t kLongest = 4;
  for (size_t size = std::min(kLongest, text.size()); size > 1; --size) {
    std::string_view rest = text.substr(text.size() - size);
    take(rest);
    if (rest.empty()) return text.size() - size;
  }
  return text.size() - 1;
}

}  // namespace

char32_t take(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const int length = length_of(lead);
  if (length == 1) {
    text.remove_prefix(1);
    return lead;
  }
  char32_t c = length == 2 ? lead & 0x1F : length == 3 ? lead & 0x0F : lead & 0x07;
  bool ok = length > 0 && text.size() >= static_cast<size_t>(length);
  for (int i = 1; ok && i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[static_cast<size_t>(i)]);
    ok = (byte & 0xC0) == 0x80;
    c = c << 6 | (byte & 0x3F);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // shortest form only
  ok = ok && c >= kLeast[length] && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
  text.remove_prefix(ok ? static_cast<size_t>(length) : 1);
  return ok ? c : kReplacement;
}

char32_t last(std::string_view text) {
  text.remove_prefix(last_begin(text));
  return take(text);
}

void drop_last(std::string_view& text) { text = text.substr(0, last_begin(text)); }

void append(std::string& out, char32_t c) {
  const auto byte = [&out](char32_t bits) { out.push_back(static_cast<char>(bits)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

std::string whole_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodeSequence next = first_sequence(text);
    if (next.is_whole)
      out += text.substr(0, next.size);
    else
      append(out, kReplacement);
    text.remove_prefix(next.size);
  }
  return out;
}

bool is_space(char32_t c) {
  return (c >= 0x9 && c <= 0xD) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_python_space(char32_t c) { return is_space(c) || (c >= 0x1C && c <= 0x1F); }

std::string python_strip(std::string_view text) {
  std::string_view rest = text;
  size_t begin = text.size(), end = 0;  // of what is no white space
  while (!rest.empty()) {
    const size_t at = text.size() - rest.size();
    if (is_python_space(take(rest))) continue;
    begin = std::min(begin, at);
    end = text.size() - rest.size();
  }
  return begin < end ? std::string(text.substr(begin, end - begin)) : "";
}

bool is_word(char32_t c) { return in(kWords, c); }

char32_t lower(char32_t c) {
  const LowerRun* run = run_at<LowerRun>(kLower, c);
  if (run == nullptr || c > run->last || (c - run->first) % run->step != 0) return c;
  return static_cast<char32_t>(static_cast<int>(c) + run->shift);
}

size_t grapheme(std::string_view text) {
  const size_t size = text.size();
  const char32_t first = take(text);
  if (first == '\r' && text.starts_with('\n')) return 2;
  if (first < 0x80 && (text.empty() || static_cast<unsigned char>(text[0]) < 0x80)) return 1;
  if (in(kAlone, first)) return size - text.size();
  bool picture = in(kPictures, first);  // a picture and marks behind it, so far
  for (char32_t last = first; !text.empty();) {
    std::string_view rest = text;
    const char32_t next = take(rest);
    const bool after_prepend = in(kPrepends, last) && !in(kAlone, next);
    const bool after_picture = picture && last == kJoiner && in(kPictures, next);
    if (!in(kJoins, next) && !after_prepend && !after_picture) break;
    picture = in(kPictures, next) || (picture && !after_prepend && !in(kSpacing, next));
    last = next;
    text = rest;
  }
  return size - text.size();
}

}  // namespace lorahub::text
