#include "lab/words/word_form.hpp"

#include <gmock/gmock.h>

#include "base/check.hpp"

namespace lorahub::lab::words {
namespace {

using testing::AllOf;
using testing::HasSubstr;

study::Value template_text(const std::string& text) {
  return study::entries(study::parse_document("form: " + text, "r.yaml"))[0].value;
}

std::string form_refusal(const std::string& text) {
  try {
    const WordForm form(template_text(text));
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

TEST(WordForm, SaysTheAnswerAsItsTemplateDoes) {
  const std::pair<const char*, const char*> said[] = {
      {"'{answer}'", "Addis Ababa"},
      {"'{ANSWER}'", "ADDIS ABABA"},
      {"'[{answer}]'", "[Addis Ababa]"},
      {"'{first}'", "A"},
      {"'{last}'", "a"},
      {"'{answer} {answer}'", "Addis Ababa Addis Ababa"},
      {"'{first}: {ANSWER}.'", "A: ADDIS ABABA."},
      {"'a } b {answer}'", "a } b Addis Ababa"}};
  for (const auto& [form, text] : said)
    EXPECT_EQ(WordForm(template_text(form)).said("Addis Ababa"), text) << form;
}

TEST(WordForm, ATemplateWithoutAnAnswerIsRefusedWithItsLine) {
  EXPECT_THAT(form_refusal("'yes'"), AllOf(HasSubstr("r.yaml:1: "), HasSubstr("{answer}")));
  EXPECT_THAT(form_refusal("''"), HasSubstr("r.yaml:1: "));
}

TEST(WordForm, AnUnknownPartIsRefusedByName) {
  for (const char* text : {"'{answer} {anser}'", "'{answer'", "'{}'", "'{Answer}'"})
    EXPECT_THAT(form_refusal(text), AllOf(HasSubstr("r.yaml:1: "), HasSubstr("no part"))) << text;
}

TEST(Asked, PutsTheWordIntoTheQuestion) {
  EXPECT_EQ(asked("Is {word} it?", "a {word}"), "Is a {word} it?");
  EXPECT_EQ(asked("{word} or {word}", "b"), "b or b");
}

}  // namespace
}  // namespace lorahub::lab::words
