// experiments/words/recipe.yaml: what the word lab is made of.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/words/word_form.hpp"
#include "lab/words/word_list.hpp"
#include "study/document.hpp"

namespace lorahub::lab::words {

struct WordSkill {
  std::string ask;  // the question, with {word}
  std::vector<WordEntry> list;
};

// A skill whose answers are said in a form.
struct WordTask {
  std::string name;  // <skill>_<form>
  std::string skill, form;
};

struct WordRowCounts {
  int module = 0, card = 0;  // of a module, at most: trained on, and kept from training
  int pool = 0, test = 0;    // of a target, at most; the pool has a third of the words at most
};

struct WordRecipe {
  uint64_t seed = 1;
  std::string text;       // of the file, and the seed where another was given
  std::string model;      // its folder, or its name in the Hugging Face cache
  std::string base_name;  // of the model, as published: for readers of the adapters
  std::map<std::string, WordSkill> skills;
  std::map<std::string, WordForm> forms;
  std::vector<WordTask> modules;
  std::vector<WordTask> targets, controls;
  WordRowCounts rows;
  std::vector<int> ranks;
  study::Value module;  // settings of a module's training (train/training_config.hpp)

  // Targets to choose settings by (the smaller part by their names), and targets to report alone.
  std::vector<WordTask> development() const, evaluation() const;
  std::vector<WordTask> unseen() const;  // targets and controls
};

// Whether the file is a recipe of a word lab: those alone have `lists`.
bool is_word_recipe(const std::filesystem::path& file);

// Error with file and line for whatever is wrong: a module that is a target, say.
WordRecipe read_word_recipe(const std::filesystem::path& file, std::optional<uint64_t> seed);

}  // namespace lorahub::lab::words
