#include "lab/form.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "base/check.hpp"

namespace lorahub::lab {
namespace {

struct Spoken {
  std::string name, cue;
};

const std::vector<Spoken>& spoken() {
  static const std::vector<Spoken> all{{"word", "give the word"},
                                       {"letter", "give the letter"},
                                       {"index", "give the index"},
                                       {"full", "use a sentence"},
                                       {"both", "give word and letter"},
                                       {"brack", "use square brackets"},
                                       {"odd", ""},
                                       {"yes", "say yes or no"},
                                       {"true", "say true or false"},
                                       {"bit", "say 1 or 0"},
                                       {"digit", "use digits"},
                                       {"wordnum", "use number words"},
                                       {"roman", "use roman numerals"},
                                       {"plain", "use spaces"},
                                       {"comma", "use commas"},
                                       {"dash", "use dashes"}};
  return all;
}

// "iv" as two words: the vocabulary has i, v and x.
std::string spaced(const std::string& letters) {
  std::string text;
  for (const char c : letters) text += (text.empty() ? "" : " ") + std::string(1, c);
  return text;
}

std::string choice(const Question& q, Form form) {
  const std::string& word = q.answer[0];
  const auto at =
      static_cast<size_t>(std::find(q.options.begin(), q.options.end(), word) - q.options.begin());
  assert(at < q.options.size());
  switch (form) {
    case Form::letter:
      return letters()[at];
    case Form::index:
      return base::format("{}", at + 1);
    case Form::both:
      return word + " " + letters()[at];
    case Form::odd:
      return base::format("< {} >", word);
    default:
      return word;
  }
}

std::string yes_no(bool yes, Form form) {
  switch (form) {
    case Form::yes:
      return yes ? "Yes" : "No";
    case Form::truth:
      return yes ? "True" : "False";
    default:
      return yes ? "1" : "0";
  }
}

std::string number(const std::string& digits, Form form) {
  const auto value = static_cast<size_t>(std::stoul(digits));
  if (form == Form::wordnum) return number_words().at(value);
  if (form == Form::roman) return spaced(romans().at(value));
  return digits;
}

}  // namespace

const std::string& name(Form form) { return spoken()[static_cast<size_t>(form)].name; }
const std::string& cue(Form form) { return spoken()[static_cast<size_t>(form)].cue; }

Form form(const std::string& name) {
  std::vector<std::string> names;
  for (size_t i = 0; i < spoken().size(); ++i) {
    if (spoken()[i].name == name) return static_cast<Form>(i);
    names.push_back(spoken()[i].name);
  }
  base::fail("no answer form '{}' (there are: {}){}", name, base::join(names, ", "),
             base::did_you_mean(name, names));
}

const std::vector<Form>& forms(AnswerKind kind) {
  using enum Form;
  static const std::array<std::vector<Form>, 4> all{{{word, letter, index, full, both, brack},
                                                     {yes, truth, bit, full},
                                                     {digit, wordnum, roman, full, brack},
                                                     {plain, comma, brack, dash, full}}};
  return all[static_cast<size_t>(kind)];
}

std::string answer(const Question& question, Form form) {
  std::string words = base::join(question.answer, " ");
  if (form == Form::full) return base::format("the answer is {} .", words);
  if (form == Form::brack) return base::format("[ {} ]", words);
  switch (question.kind) {
    case AnswerKind::choice:
      return choice(question, form);
    case AnswerKind::yes_no:
      return yes_no(question.answer[0] == "yes", form);
    case AnswerKind::number:
      return number(question.answer[0], form);
    case AnswerKind::list:
      break;
  }
  if (form == Form::comma) return base::join(question.answer, " , ");
  if (form == Form::dash) return base::join(question.answer, " - ");
  return words;
}

}  // namespace lorahub::lab
