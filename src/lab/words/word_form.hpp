// How an answer is said: a template such as "[{answer}]".
#pragma once
#include <string>

#include "study/document.hpp"

namespace lorahub::lab::words {

// {answer} as it is, {ANSWER} in capitals, {first} and {last} its first and last letter. Answers
// are of ASCII, as read_word_list() makes sure.
class WordForm {
 public:
  // Error at the value for a template without one of these, and for another word in braces.
  explicit WordForm(const study::Value& value);

  std::string said(const std::string& answer) const;

 private:
  std::string text_;
};

// Error at the value for a question without {word}, and for another word in braces.
void check_question(const study::Value& value, const std::string& ask);

// The question about a word: `ask` with the word for each {word}.
std::string asked(const std::string& ask, const std::string& word);

}  // namespace lorahub::lab::words
