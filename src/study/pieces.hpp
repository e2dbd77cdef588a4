// The pieces that a study uses, configs/<kind>/<name>.yaml, which use no further ones; and what the
// words of `model`, `library` and `task` stand for.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "study/document.hpp"
#include "study/trial.hpp"

namespace lorahub::study {

// Where pieces are looked for: `configs` of the study's folder and of each folder above it,
// $LORAHUB_CONFIGS, `configs` of the current folder and of those above it, and what came with the
// program: `configs` of a folder above it, or share/lorahub/configs beside its bin.
class ConfigPath {
 public:
  explicit ConfigPath(const std::filesystem::path& study_folder);
  std::optional<std::filesystem::path> find(const std::string& kind, const std::string& name) const;
  // Those of the nearest place that has any of this kind, sorted.
  std::vector<std::string> names(const std::string& kind) const;

 private:
  std::vector<std::filesystem::path> roots_;
};

struct TasksPiece {                // configs/tasks/<name>.yaml
  std::vector<std::string> names;  // of `task: all`, in this order
  Value pool, test;                // paths with {task} for the name
};

struct LibraryPiece {
  std::string name, path;
  std::map<int, std::string> ranks;  // folder by rank; empty: `path` alone
  int rank = 0;                      // where the study names none
};

struct ModelPiece {
  std::string name, path;
};

struct Piece {
  std::vector<Entry> knobs;  // the knobs that it sets
  std::optional<ModelPiece> model;
  std::optional<LibraryPiece> library;
  std::optional<TasksPiece> tasks;
};

// The kinds of pieces that a study uses, in the order in which they set knobs: model, library,
// tasks, search.
const std::vector<std::string>& piece_kinds();

// Reads the piece `name` of kind `kind` (model, library, tasks, search); a search may also be a
// file of its own, whose name ends in .yaml. Error that names the place of `name` when there is
// none, and a place inside the piece when that is wrong.
Piece read_piece(const ConfigPath& config_path, const std::string& kind, const Value& name);

// The model that a word of a study means: a piece, a folder, else a name in the Hugging Face cache.
ModelPiece find_model(const ConfigPath& config_path, const Value& word);
LibraryPiece find_library(const ConfigPath& config_path,
                          const Value& word);  // a piece, a folder or a list of names

// The folder of the modules of that rank: the one listed, else that of the largest rank, whose
// modules are to be truncated.
std::string library_path(const LibraryPiece& library, int rank, const std::string& where);

struct NamedTask {
  std::string name;
  TaskFiles files;
};
NamedTask task_of(const TasksPiece& tasks, const std::string& name);  // one of its names

// A task of a piece that the word names itself: `mini/unseen/E1_isa_letter` is E1_isa_letter of
// configs/tasks/mini/unseen.yaml. Nothing where the word is a path or names no piece; Error where
// the piece has no such task.
struct PieceTask {
  NamedTask named;
  std::vector<Entry> knobs;  // what the piece sets
};
std::optional<PieceTask> task_of_piece(const ConfigPath& config_path, const Value& word);

// The task that a word of a study means: a name in `tasks` (none: the study uses no tasks), a file
// that is pool and test in one, whose stem is the name, else a task of another piece.
PieceTask find_task(const ConfigPath& config_path, const std::optional<TasksPiece>& tasks,
                    const Value& word);

// Names of pieces of configs/search:
// - kUsualSearch is the search of a study that names none, and of an adaptation that names none and
//   can't follow a gradient (single_trial.hpp).
// - kGradientSearch is that of any other adaptation that names none.
// - kPapersSearch is the search of the paper's code.
inline constexpr const char* kUsualSearch = "recommended";
inline constexpr const char* kGradientSearch = "gradient";
inline constexpr const char* kPapersSearch = "official";

}  // namespace lorahub::study
