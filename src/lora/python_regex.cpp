#include "lora/python_regex.hpp"

#include <cctype>
#include <set>
#include <string_view>

#include "base/check.hpp"

namespace lorahub::lora {
namespace {

constexpr size_t kLongest = 2000;      // characters: nesting is followed by recursion
constexpr int kMostRepeats = 1000;     // {m,n} is written out
constexpr std::string_view kLetters =  // what names of layers are made of
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

class Translator {
 public:
  explicit Translator(const std::string& pattern) : in_(pattern) {}

  std::string translate() {
    while (at_ < in_.size()) next();
    return out_;
  }

 private:
  [[noreturn]] void refuse(size_t length, const char* what) const {
    base::fail("'{}' at character {} is {}", in_.substr(at_, length), at_ + 1, what);
  }
  bool here(std::string_view text) const { return in_.compare(at_, text.size(), text) == 0; }

  // Copies `length` characters of the input, or something else for them.
  void put(size_t length, const std::string& text) {
    out_ += text;
    at_ += length;
  }
  void put(size_t length) { put(length, in_.substr(at_, length)); }

  void next() {
    const char c = in_[at_];
    if (static_cast<unsigned char>(c) >= 0x80) refuse(1, "beyond ASCII");
    if (c == '\\') return escape();
    if (c == '[') return choice();
    if (c == '(') return group();
    if (c == '*' || c == '+' || c == '?') return repeat(1, std::string(1, c));
    if (c == '{') return counted();
    if (c == ']' || c == '}') return put(1, std::string("\\") + c);
    put(1);
  }

  void escape() {
    if (at_ + 1 == in_.size()) refuse(1, "a backslash with nothing behind it");
    const char c = in_[at_ + 1];
    if (std::string_view("dDwWsSbB").find(c) != std::string_view::npos) return put(2);
    if (c == 'A') return put(2, "^");
    if (c == 'Z') return put(2, "$");
    if (is_digit(c)) refuse(2, "a back reference or an octal number");
    if (is_letter(c) || static_cast<unsigned char>(c) >= 0x80)
      refuse(2, "an escape of that letter");
    if (std::ispunct(static_cast<unsigned char>(c)) != 0 && c != '_') return put(2);
    put(2, std::string(1, c));
  }

  void group() {
    for (const char* same : {"(?:", "(?=", "(?!"})
      if (here(same)) return put(3);
    if (here("(?P<")) {
      const size_t end = in_.find('>', at_);
      if (end == std::string::npos) refuse(4, "a name without an end");
      return put(end + 1 - at_, "(?:");
    }
    if (here("(?")) refuse(4, "a flag, a look behind, a reference or a comment");
    put(1, "(?:");
  }

  // How often; laziness does not change whether a name matches.
  void repeat(size_t length, const std::string& text) {
    const char behind = at_ + length < in_.size() ? in_[at_ + length] : '\0';
    if (behind == '+') refuse(length + 1, "a possessive repeat");
    if (behind == '*') refuse(length + 1, "a repeat of a repeat");
    put(length + (behind == '?' ? 1 : 0), text);
    const char after = at_ < in_.size() ? in_[at_] : '\0';
    if (after != '\0' && std::string_view("*+?{").find(after) != std::string_view::npos)
      refuse(1, "a repeat of a repeat");
  }

  // {m}, {m,}, {,n} and {m,n}; other braces are letters, as in Python.
  void counted() {
    size_t end = at_ + 1;
    const auto digits = [&] {
      const size_t begin = end;
      while (end < in_.size() && is_digit(in_[end])) ++end;
      return in_.substr(begin, end - begin);
    };
    const std::string low = digits();
    std::string high = low;
    const bool comma = end < in_.size() && in_[end] == ',';
    if (comma) {
      ++end;
      high = digits();
    }
    const bool closed = end < in_.size() && in_[end] == '}';
    if (!closed || (low.empty() && !comma)) return put(1, "\\{");
    for (const std::string& bound : {low, high})
      if (bound.size() > 4 || (!bound.empty() && std::stoi(bound) > kMostRepeats))
        refuse(end + 1 - at_, "too many repeats");
    const std::string first = low.empty() ? "0" : low;
    repeat(end + 1 - at_, "{" + first + (comma ? "," + high : "") + "}");
  }

  // One item of a choice: a letter, or the letters of a class such as \d.
  std::string item() {
    if (in_[at_] != '\\') {
      if (static_cast<unsigned char>(in_[at_]) >= 0x80) refuse(1, "beyond ASCII");
      return {in_[at_++]};
    }
    if (at_ + 1 == in_.size()) refuse(1, "a backslash with nothing behind it");
    const char c = in_[at_ + 1];
    const bool complement = std::isupper(static_cast<unsigned char>(c)) != 0;
    if (std::string_view("dDwWsS").find(c) == std::string_view::npos) {
      if (is_letter(c) || is_digit(c)) refuse(2, "an escape of that letter");
      at_ += 2;
      return {c};
    }
    std::string letters;
    for (const char letter : kLetters) {
      const bool in = c == 'd' || c == 'D'   ? is_digit(letter)
                      : c == 'w' || c == 'W' ? letter != '.'
                                             : false;
      if (in != complement) letters += letter;
    }
    at_ += 2;
    class_ = true;
    return letters;
  }

  // [...]: written as the letters of names that it holds.
  void choice() {
    const size_t begin = at_++;
    const bool complement = at_ < in_.size() && in_[at_] == '^';
    if (complement) ++at_;
    std::set<char> chosen;
    for (bool first = true;; first = false) {
      if (at_ >= in_.size()) {
        at_ = begin;
        refuse(in_.size() - begin, "a list of letters without an end");
      }
      if (in_[at_] == ']' && !first) break;
      class_ = false;
      const std::string low = item();
      const bool low_class = class_;
      const bool range = at_ + 1 < in_.size() && in_[at_] == '-' && in_[at_ + 1] != ']';
      if (!range) {
        chosen.insert(low.begin(), low.end());
        continue;
      }
      ++at_;
      class_ = false;
      const std::string high = item();
      if (low_class || class_ || low[0] > high[0]) {
        at_ = begin;
        refuse(in_.size() - begin, "a range of letters without an order");
      }
      for (int letter = low[0]; letter <= high[0]; ++letter)
        chosen.insert(static_cast<char>(letter));
    }
    ++at_;
    std::string letters;
    for (const char letter : kLetters)
      if (chosen.contains(letter) != complement) letters += letter;
    out_ += letters.empty() ? "[^\\s\\S]" : "[" + letters + "]";
  }

  const std::string& in_;
  std::string out_;
  size_t at_ = 0;
  bool class_ = false;  // the last item was a class
};

}  // namespace

std::regex python_regex(const std::string& pattern) {
  base::check(pattern.size() <= kLongest, "it has {} characters, {} can be read", pattern.size(),
              kLongest);
  const std::string translated = Translator(pattern).translate();
  try {
    return std::regex(translated, std::regex::ECMAScript | std::regex_constants::__polynomial);
  } catch (const std::regex_error&) {
    base::fail("its brackets or repeats do not fit");
  }
}

}  // namespace lorahub::lora
