// One trial outside any study, by the words of a command line or of a request: they mean what they
// mean in a study.
#pragma once
#include <string>
#include <vector>

#include "study/pieces.hpp"
#include "study/study.hpp"

namespace lorahub::study {

// What a word stands for: a piece, else what it names itself, a folder or a published name.
// `option` stands in messages, such as --model. Error where a piece and a folder of that name both
// exist and differ.
ModelPiece named_model(const std::string& word, const std::string& option = "--model");
LibraryPiece named_library(const std::string& word, const std::string& option = "--library");

// `mini/unseen/E1_isa_letter` is the task E1_isa_letter of the piece
// configs/tasks/mini/unseen.yaml; any other word is a file that is pool and test in one, whether it
// exists or not.
struct SingleTask {
  NamedTask named;
  std::vector<Entry> knobs;  // what the piece sets
  bool is_piece() const { return named.files.pool != named.files.test; }
};
SingleTask single_task(const std::string& word, const std::string& option = "--task");

// The words of --modules as the value of the knob `modules`: `all`, a number, or names with commas.
std::string modules_knob(const std::string& words);
bool is_count(const std::string& words);  // digits alone
// The value of the knob `shots` for all rows of a pool of so many, in their order.
std::string all_shots_knob(size_t rows);

struct TrialWords {
  std::string model, library;
  SingleTask task;
  std::string search = {};        // a piece, or a YAML file of the same content; none: as below
  std::vector<Setting> set = {};  // knobs that hold above what the pieces set
  bool adds_to_losses = false;    // a term that another program computes
};
// The trial that these words describe. Where they name no search, it follows kGradientSearch; or
// kUsualSearch where the loss, the composition or a term of another program has no gradient here,
// or where the words set how candidates are drawn or compared (delta evaluation, too).
Trial single_trial(const TrialWords& words);

}  // namespace lorahub::study
