#include "lab/words/word_form.hpp"

#include <algorithm>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace lorahub::lab::words {
namespace {

using Change = std::string (*)(const std::string&);

std::string capitals(const std::string& text) {
  std::string upper = text;
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return upper;
}

struct NamedChange {
  const char* name;
  Change change;
};

constexpr NamedChange kPlaces[] = {
    {"answer", [](const std::string& text) { return text; }},
    {"ANSWER", capitals},
    {"first", [](const std::string& text) { return text.substr(0, 1); }},
    {"last", [](const std::string& text) { return text.substr(text.size() - 1); }}};

Change find(const std::string& name) {
  const auto* place =
      std::ranges::find_if(kPlaces, [&](const NamedChange& known) { return name == known.name; });
  return place == std::end(kPlaces) ? nullptr : place->change;
}

// Calls plain(text) and place(name) for the parts of a template, in their order.
template <class Plain, class Name>
void walk(const std::string& text, const Plain& plain, const Name& name) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t open = std::min(text.find('{', at), text.size());
    plain(text.substr(at, open - at));
    const size_t close = text.find('}', open);
    if (open == text.size()) return;
    if (close == std::string::npos) return name(text.substr(open));  // a brace that is not closed
    name(text.substr(open + 1, close - open - 1));
    at = close + 1;
  }
}

}  // namespace

WordForm::WordForm(const study::Value& value) : text_(study::scalar(value)) {
  int places = 0;
  walk(
      text_, [](const std::string&) {},
      [&](const std::string& name) {
        if (find(name) == nullptr)
          study::fail_at(
              value,
              "'{{{}}}' is no part of an answer, use {{answer}}, {{ANSWER}}, {{first}} or "
              "{{last}}",
              base::printable_line(name));
        ++places;
      });
  if (places == 0)
    study::fail_at(value, "'{}' says no answer (every word would have the same), put {{answer}} in",
                   base::printable_line(text_));
}

std::string WordForm::said(const std::string& answer) const {
  std::string text;
  walk(
      text_, [&](const std::string& plain) { text += plain; },
      [&](const std::string& name) { text += find(name)(answer); });
  return text;
}

void check_question(const study::Value& value, const std::string& ask) {
  int words = 0;
  walk(
      ask, [](const std::string&) {},
      [&](const std::string& name) {
        if (name != "word")
          study::fail_at(value,
                         "'{{{}}}' is no part of a question, use {{word}} where the word goes",
                         base::printable_line(name));
        ++words;
      });
  if (words == 0) study::fail_at(value, "a question needs {{word}} where the word goes");
}

std::string asked(const std::string& ask, const std::string& word) {
  std::string text;
  walk(
      ask, [&](const std::string& plain) { text += plain; },
      [&](const std::string&) { text += word; });
  return text;
}

}  // namespace lorahub::lab::words
