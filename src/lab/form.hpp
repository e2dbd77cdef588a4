// A question, and the forms in which its answer can be said.
#pragma once
#include <string>
#include <vector>

#include "lab/word_lists.hpp"

namespace lorahub::lab {

enum class AnswerKind { choice, yes_no, number, list };

struct Question {
  AnswerKind kind = AnswerKind::choice;
  std::string body;  // what is asked about; "" where the options say it all
  Words options;     // of a choice, in the order shown; else none
  Words answer;      // choice: the option; yes_no: "yes" or "no"; number: digits; list: the words
};

// `odd` is the form of a control: no module and no training row has it.
enum class Form {
  word,
  letter,
  index,
  full,
  both,
  brack,
  odd,
  yes,
  truth,
  bit,
  digit,
  wordnum,
  roman,
  plain,
  comma,
  dash
};

const std::string& name(Form form);
Form form(const std::string& name);  // Error naming the nearest

// The forms of a kind of question that the base is trained on.
const std::vector<Form>& forms(AnswerKind kind);

// What a prompt says to ask for the form: "give the letter". None for `odd`: "".
const std::string& cue(Form form);

// The answer in the form: "(B)", "the answer is dog .", "[ dog cat ]". The kind must have the form.
std::string answer(const Question& question, Form form);

}  // namespace lorahub::lab
