// The answer forms read back to the answer by patterns of their own.
#include "lab/form.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <regex>

#include "base/check.hpp"
#include "base/text.hpp"
#include "lab/skill.hpp"

namespace lorahub::lab {
namespace {

int roman_value(const std::string& spaced) {  // "i x" -> 9: a smaller letter before counts less
  const std::map<char, int> value{{'o', 0}, {'i', 1}, {'v', 5}, {'x', 10}};
  int sum = 0, last = 0;
  for (auto it = spaced.rbegin(); it != spaced.rend(); ++it) {
    if (*it == ' ') continue;
    const int now = value.at(*it);
    sum += now < last ? -now : now;
    last = std::max(last, now);
  }
  return sum;
}

std::optional<std::string> match(const std::string& text, const char* pattern) {
  std::smatch found;
  if (!std::regex_match(text, found, std::regex(pattern))) return std::nullopt;
  return found[1].str();
}

std::string replace_all(const std::string& text, const char* what, const char* by) {
  return std::regex_replace(text, std::regex(what), by);
}

std::string words_of(const Question& q) { return base::join(q.answer, " "); }

// What the text says, as the words of the answer; nothing where it is not of the form.
std::optional<std::string> read_back(const Question& q, Form form, const std::string& text) {
  const auto option = [&](size_t i) { return i < q.options.size() ? q.options[i] : ""; };
  switch (form) {
    case Form::letter: {
      const auto letter = match(text, "\\(([A-D])\\)");
      return letter ? std::optional(option(static_cast<size_t>((*letter)[0] - 'A'))) : letter;
    }
    case Form::index: {
      const auto index = match(text, "([1-4])");
      return index ? std::optional(option(static_cast<size_t>((*index)[0] - '1'))) : index;
    }
    case Form::both: {
      const auto letter = match(text, ".* \\(([A-D])\\)");
      const auto word = match(text, "(.*) \\([A-D]\\)");
      const bool agree = letter && option(static_cast<size_t>((*letter)[0] - 'A')) == *word;
      return agree ? word : std::nullopt;
    }
    case Form::full:
      return match(text, "the answer is (.*) \\.");
    case Form::brack:
      return match(text, "\\[ (.*) \\]");
    case Form::odd:
      return match(text, "< (.*) >");
    case Form::yes:
    case Form::truth:
    case Form::bit:
      return std::regex_match(text, std::regex("Yes|True|1"))   ? std::optional("yes")
             : std::regex_match(text, std::regex("No|False|0")) ? std::optional("no")
                                                                : std::nullopt;
    case Form::wordnum:
      for (size_t n = 0; n < number_words().size(); ++n)
        if (number_words()[n] == text) return std::to_string(n);
      return std::nullopt;
    case Form::roman:
      return std::to_string(roman_value(text));
    case Form::comma:
      return replace_all(text, " , ", " ");
    case Form::dash:
      return replace_all(text, " - ", " ");
    default:
      return text;
  }
}

TEST(Form, each_reads_back_to_the_answer) {
  for (const Skill& skill : skills()) {
    std::vector<Form> all = forms(skill.kind);
    if (skill.kind == AnswerKind::choice) all.push_back(Form::odd);
    Draw draw(1, "form_test/" + skill.name);
    for (int i = 0; i < 100; ++i) {
      const Question q = skill.ask({.draw = draw});
      for (const Form form : all)
        EXPECT_EQ(read_back(q, form, answer(q, form)), words_of(q))
            << skill.name << " " << name(form) << ": " << answer(q, form);
    }
  }
}

TEST(Form, all_forms_of_an_answer_differ) {  // else a target could be met in the base's own form
  for (const Skill& skill : skills()) {
    Draw draw(1, "differ/" + skill.name);
    for (int i = 0; i < 100; ++i) {
      const Question q = skill.ask({.draw = draw});
      for (const Form form : forms(skill.kind)) {
        if (form == skill.own) continue;
        // The index of an option that is itself a number may be that number.
        if (form == Form::index && q.answer[0].size() == 1) continue;
        EXPECT_NE(answer(q, form), answer(q, skill.own)) << skill.name << " " << name(form);
      }
    }
  }
}

TEST(Form, names_and_cues) {
  for (const AnswerKind kind :
       {AnswerKind::choice, AnswerKind::yes_no, AnswerKind::number, AnswerKind::list})
    for (const Form known : forms(kind)) {
      EXPECT_EQ(form(name(known)), known);
      EXPECT_FALSE(cue(known).empty());
    }
  EXPECT_THROW(form("leter"), base::Error);
}

}  // namespace
}  // namespace lorahub::lab
