// The skills of the lab's world: questions with one right answer.
#pragma once
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lab/draw.hpp"
#include "lab/form.hpp"

namespace lorahub::lab {

// What a skill needs to make a question.
struct Asking {
  Draw& draw;
  size_t options = 4;                              // of a choice
  const std::set<std::string>* refused = nullptr;  // bodies of `bool` never to be made
};

using Ask = Question (*)(const Asking&);

struct Skill {
  std::string name;
  AnswerKind kind = AnswerKind::choice;
  Form own = Form::word;  // of an answer where no form is asked for
  Words wordings;         // two ways to ask
  double weight = 1;      // in the base's training; 0: the base never meets it
  Ask ask = nullptr;
};

const std::vector<Skill>& skills();
const Skill& skill(const std::string& name);  // Error naming the nearest

// The functions that ask, by skill; their sources are grouped by how the answers are found.
Question ask_max(const Asking&);
Question ask_min(const Asking&);
Question ask_find(const Asking&);
Question ask_odd(const Asking&);
Question ask_kind(const Asking&);
Question ask_isa(const Asking&);
Question ask_opposite(const Asking&);
Question ask_after(const Asking&);
Question ask_color(const Asking&);
Question ask_twice(const Asking&);
Question ask_last(const Asking&);
Question ask_first(const Asking&);
Question ask_missing(const Asking&);
Question ask_alphabet(const Asking&);

Question ask_member(const Asking&);
Question ask_bool(const Asking&);
Question ask_even(const Asking&);
Question ask_same(const Asking&);
Question ask_balanced(const Asking&);

Question ask_length(const Asking&);
Question ask_sum(const Asking&);
Question ask_difference(const Asking&);
Question ask_successor(const Asking&);
Question ask_predecessor(const Asking&);
Question ask_double(const Asking&);

Question ask_brackets(const Asking&);
Question ask_copy(const Asking&);
Question ask_reverse(const Asking&);
Question ask_swap(const Asking&);
Question ask_rotate(const Asking&);
Question ask_rising(const Asking&);
Question ask_falling(const Asking&);
Question ask_labels(const Asking&);
Question ask_opposites(const Asking&);

}  // namespace lorahub::lab
