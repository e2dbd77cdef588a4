// How a question is put: freely, with filler words, separators and any order of the parts; by a
// fixed template; or behind examples.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lab/skill.hpp"
#include "task/task.hpp"

namespace lorahub::lab {

// Ways to introduce the options; the first is that of the tasks.
const Words& option_words();

// "dog options: (A) cat (B) dog": the body, and the options where there are any.
std::string shown(const Question& question, const std::string& options = option_words()[0]);

// "please now : choose the largest ; options: (A) 3 (B) 40 give the letter ."; cue "": no form is
// asked for.
struct Wording {
  std::string ask, cue;
};
std::string free_prompt(Draw& draw, const Wording& wording, const Question& question);

// Fills a template, in which {w} stands for the wording and {b} for what shown() gives.
std::string filled(const std::string& text, const std::string& wording, const Question& question);

// Some examples of one kind, then the question: "... => (B) ; ... => (A) ; ... =>".
task::Example few_shot_row(Draw& draw, const Skill& skill, Form form,
                           const std::vector<Question>& questions);

// Words that prompts may hold besides the questions'.
const Words& marks();

}  // namespace lorahub::lab
