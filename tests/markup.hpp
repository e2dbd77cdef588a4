// A strict reading of SVG and HTML pages of ours for tests: what a browser would forgive is an
// error here.
#pragma once
#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace lorahub {

class MarkupReader {
 public:
  explicit MarkupReader(std::string_view text) : text_(text) {}

  // What is wrong with the text; "" when nothing is.
  std::string problem() {
    if (base::printable(text_) != text_) return "holds characters that are not printable";
    while (at_ < text_.size() && problem_.empty()) text_[at_] == '<' ? tag() : character();
    if (problem_.empty() && !open_.empty()) problem_ = "'" + open_.back() + "' is not closed";
    return problem_.empty() ? "" : base::format("{} at byte {}", problem_, at_);
  }
  const std::set<std::string>& elements() const { return elements_; }
  const std::set<std::string>& attributes() const { return attributes_; }

 private:
  std::string_view rest() const { return text_.substr(at_); }

  void character() {
    if (rest().starts_with("]]>")) problem_ = "']]>' stands in a text";
    if (text_[at_] == '&') entity();
    ++at_;
  }
  void entity() {
    const std::string_view name = rest().substr(1, rest().find(';') - 1);
    if (name != "amp" && name != "lt" && name != "gt" && name != "quot" && name != "nbsp" &&
        name != "#160")
      problem_ = base::format("an entity '{}'", name.substr(0, 20));
  }
  std::string word() {
    std::string name;
    for (; at_ < text_.size(); ++at_) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (std::isalnum(c) == 0 && c != '-' && c != ':' && c != '_') break;
      name += static_cast<char>(c);
    }
    if (name.empty()) problem_ = "a name was expected";
    return name;
  }
  void tag() {
    if (rest().starts_with("<!DOCTYPE html>")) {
      at_ += 15;
      return;
    }
    ++at_;
    const bool closes = rest().starts_with("/");
    at_ += closes ? 1 : 0;
    const std::string name = word();
    if (closes) {
      if (open_.empty() || open_.back() != name)
        problem_ = "'" + name + "' is closed and not open";
      else
        open_.pop_back();
      if (!rest().starts_with(">")) problem_ = "a closing tag does not end";
      ++at_;
      return;
    }
    elements_.insert(name);
    bool empty = name == "meta" || name == "wbr";
    while (problem_.empty() && at_ < text_.size() && text_[at_] != '>') {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '/') {
        empty = true;
        ++at_;
      } else if (std::isspace(c) != 0) {
        ++at_;
      } else {
        attribute();
      }
    }
    ++at_;
    if (name == "style") skip_style();
    if (!empty && name != "style") open_.push_back(name);
  }
  void skip_style() {
    const size_t end = rest().find("</style>");
    if (end == std::string_view::npos) problem_ = "a style that does not end";
    at_ += end + 8;
  }
  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  void attribute() {
    attributes_.insert(word());
    skip_space();
    const bool equals = rest().starts_with('=');
    if (equals) ++at_;
    skip_space();  // gnuplot writes "fill = 'none'"
    if (!equals || (!rest().starts_with('"') && !rest().starts_with('\''))) {
      problem_ = "an attribute without a value";
      return;
    }
    const char quote = text_[at_];
    for (++at_; problem_.empty() && at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '<') problem_ = "'<' in an attribute";
      if (text_[at_] == '&') entity();
    }
    ++at_;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string problem_;
  std::vector<std::string> open_;
  std::set<std::string> elements_, attributes_;
};

}  // namespace lorahub
