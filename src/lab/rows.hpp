// The rows of all the lab's tasks and trainings, each from a stream of its own (seed, purpose).
#pragma once
#include <set>
#include <string>
#include <vector>

#include "lab/recipe.hpp"
#include "task/task.hpp"

namespace lorahub::lab {

using Rows = std::vector<task::Example>;
using Prompts = std::set<std::string>;

// One row of a task, with four options where it has any, and its answer in the skill's own form.
struct Asked {
  std::string body;  // of the question; "" where its options say it all
  task::Example row;
  std::string own;
};
Asked ask(Draw& draw, const LabTask& task, const std::set<std::string>& refused);

struct Target {
  Rows pool, test;  // prompts differ; so do bodies, where the body is all of a question
  std::vector<std::string> own;  // answers to `test` in the own form
};
// Error when the world has too few different questions.
Target target_rows(const Recipe& recipe, const LabTask& task);
Prompts unseen_prompts(const Recipe& recipe);  // of all targets, pools and tests

// What follows never holds one of the unseen prompts.
struct Upstream {
  Rows train, card;  // all prompts differ
};
Upstream module_rows(const Recipe& recipe, const LabTask& task, const Prompts& unseen);

// The base's training: at first nothing but finding an option by the form that a cue names (2 or 3
// options); then all skills in all forms but those held out, with and without a cue, and few-shot
// prompts of one to five examples.
Rows lookup_rows(const Recipe& recipe, const Prompts& unseen);
Rows mix_rows(const Recipe& recipe, const Prompts& unseen);

// Rows for measuring what a base can do; each prompt names skill and form.
Rows cued_rows(const Recipe& recipe, const Skill& skill, Form form);
Rows silent_rows(const Recipe& recipe, const Skill& skill);  // in the own form, which is not named

}  // namespace lorahub::lab
