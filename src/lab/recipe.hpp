// experiments/lab/recipe.yaml: what a lab is made of.
#pragma once
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lab/skill.hpp"
#include "model/t5/t5_config.hpp"
#include "study/document.hpp"

namespace lorahub::lab {

// A skill to be answered in a form, in prompts of one kind.
struct LabTask {
  std::string name;   // [D1_][hid_]<skill>_<form>
  std::string skill;  // of skills()
  Form form = Form::word;
  std::string text;  // a template; "": free prompts that name the skill, not the form
};

using SkillAndForm = std::pair<std::string, Form>;

struct RowCounts {
  int lookups = 0, mix = 0, few_shot = 0;  // of the base's training
  int module = 0, card = 0;                // of a module: trained on, and kept from training
  int pool = 0, test = 0;                  // of a target
  int check = 0;                           // prompts a skill and form, for the last stage
};

struct Recipe {
  uint64_t seed = 1;
  std::string text;  // of the file, and the seed where another was given
  std::vector<LabTask> modules, development, evaluation, controls;
  std::set<SkillAndForm> held_out;  // never in the base's training, nor a module's
  std::set<std::string> refused;    // boolean expressions never to be made
  RowCounts rows;
  model::t5::T5Config model;  // its vocabulary is not known yet
  std::vector<int> ranks;
  study::Value lookups, mix, module;  // settings of three trainings (train/training_config.hpp)

  std::vector<LabTask> targets() const;  // development, evaluation, controls
};

// Error with file and line for whatever is wrong: a module or an own form that is held out, say.
Recipe read_recipe(const std::filesystem::path& file, std::optional<uint64_t> seed);

}  // namespace lorahub::lab
