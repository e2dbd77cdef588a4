// Tasks: rows of (input, target) from files, few shots drawn from a pool, test rows that never meet
// the shots.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "study/choices.hpp"

namespace lorahub::study {
struct Trial;
}
namespace lorahub::text {
struct PromptPieces;
class Tokenizer;
}  // namespace lorahub::text

namespace lorahub::task {

struct Example {
  std::string input, target;
  friend bool operator==(const Example&, const Example&) = default;
};

// Rows of JSON lines, or of BBH's JSON file {"examples": [row, ...]}, in the styles of row.hpp.
// Targets may be absent where they are optional (then ""). Error with file and line for a row that
// would not be read whole (row.hpp). A pipe is read as it is written; a path of "-" reads standard
// input.
enum class Targets { required, optional };
std::vector<Example> read_examples(const std::filesystem::path& file,
                                   Targets targets = Targets::required);

struct Task {
  std::string name;
  std::vector<Example> shots;
  std::vector<int> shot_rows;  // in the pool, from 0
  std::vector<Example> test;
  std::vector<int> test_rows;     // in the test file, from 0: rows equal to a shot are left out
  std::vector<int> dropped_rows;  // those rows
  std::string shots_sha256, test_sha256;  // of the examples' text in order
  // What `scoring: options` comes to: of tasks whose answers are no listed options (a number, the
  // option's words) it is `generate`, since no listed option could be right.
  study::Scoring scoring = study::Scoring::generate;
};

// Draws the shots (the first `count` rows after Python's shuffle by seed.shots, or the rows named)
// and reads the test rows. Whether answers are listed options is told by the pool: at least half of
// its rows list their target. Rows are equal when their stripped inputs are. A test row equal to a
// shot is dropped. One file for both (or no test file): the test rows are those that no shot
// equals; they may be none. `labels: shuffled`: each shot has the target of the next one, the last
// that of the first. Error: too few rows; a row that is not in the pool; a *named* shot equal to a
// row of a separate test file; one shot whose target is to be shuffled.
Task load(const study::Trial& trial);

// What stands around the answers of demonstrations, in rows of one line and in those of several.
// By default that of models with an encoder: the mini-lab's layout, "input => answer ; input =>
// answer ; question =>", and LoraHub's, "A:(B)" (on a line of its own where the input ends with no
// colon) and a blank line.
struct IclLayout {
  std::string before = " ", behind = " ; ";                           // rows of one line
  std::string colon_before = "", line_before = "\n", blank = "\n\n";  // rows of several lines
};
// For a decoder-only model, whose answers go on after the demonstrations: each answer stands behind
// the joiner with which the model writes its own (a space where that is ""), and is followed by a
// text at which answers end (the first of `stop` is put there where none begins what stands behind
// it; a new line parts rows of one line where nothing stops an answer).
IclLayout icl_layout(const text::PromptPieces& pieces);
// The layout for the model of a tokenizer (nullptr: not known).
IclLayout icl_layout(const text::Tokenizer* tokenizer);

// The question behind the shots as demonstrations. Rows of several lines have the task description
// (the first paragraph, where all inputs share it) once. Without shots: the question.
std::string icl_prompt(const std::vector<Example>& shots, const std::string& input,
                       const IclLayout& layout = {});

}  // namespace lorahub::task
