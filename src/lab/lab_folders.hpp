// Where a lab's files lie, and how those that only list others are written.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lab/rows.hpp"

namespace lorahub::lab {

// model, library and tasks as in configs/; work: what only the trainings read.
struct Folders {
  std::filesystem::path lab;
  std::string name = "mini";              // by which a study uses model, library and tasks
  std::string title = "The mini-lab";     // of the lab, for comments in the files that list others
  std::string guide = "experiments/lab";  // the folder of its README.md, for the same comments

  std::filesystem::path model() const { return lab / "model" / name; }
  std::filesystem::path library() const { return lab / "library" / name; }
  std::filesystem::path tasks() const { return lab / "tasks" / name; }
  std::filesystem::path unseen() const { return tasks() / "unseen"; }
  std::filesystem::path card_rows(const std::string& module) const {
    return tasks() / "upstream" / (module + ".jsonl");
  }
  std::filesystem::path work() const { return lab / "work"; }
  std::filesystem::path start() const { return work() / "start"; }
  std::filesystem::path lookups() const { return work() / "lookups"; }
  std::filesystem::path lookup_rows() const { return work() / "lookups.jsonl"; }
  std::filesystem::path mix_rows() const { return work() / "mix.jsonl"; }
  std::filesystem::path module_rows(const std::string& module) const {
    return work() / "modules" / (module + ".jsonl");
  }
};

// {"context", "completion"} a line; answers: {"completion"}.
void write_rows(const std::filesystem::path& file, const Rows& rows);
void write_answers(const std::filesystem::path& file, const std::vector<std::string>& answers);

// What a study names, for the files of tasks/<name>/: development.yaml, unseen.yaml (the evaluation
// targets), controls.yaml, and all.yaml with all of them.
struct TaskGroups {
  std::vector<std::string> development, evaluation, controls;
};
void write_task_lists(const Folders& folders, const TaskGroups& groups);

void write_library(const Folders& folders, const std::vector<int>& ranks);  // library/<name>.yaml
void write_base(const Folders& folders);                                    // model/<name>.yaml

int64_t piece_count(const std::filesystem::path& pieces);  // of a SentencePiece model

// hashes.json: SHA-256 of every file but those of work/, and on which machine they were made.
struct Making {
  uint64_t seed = 1;
  std::map<std::string, std::string> environment;
};
std::string write_hashes(const std::filesystem::path& lab, const Making& making);

}  // namespace lorahub::lab
