// Where a lab's files lie, and how those that only list others are written.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "lab/recipe.hpp"
#include "lab/rows.hpp"

namespace lorahub::lab {

// model, library and tasks as in configs/; work: what only the trainings read.
struct Folders {
  std::filesystem::path lab;

  std::filesystem::path model() const { return lab / "model/mini"; }
  std::filesystem::path library() const { return lab / "library/mini"; }
  std::filesystem::path tasks() const { return lab / "tasks/mini"; }
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

// What a study names: model/mini.yaml, library/mini.yaml, tasks/mini/<group>.yaml.
void write_pieces(const std::filesystem::path& lab, const Recipe& recipe);

int64_t piece_count(const std::filesystem::path& pieces);  // of a SentencePiece model

struct Lab;
// hashes.json: SHA-256 of every file but those of work/, and on which machine they were made.
std::string write_hashes(const Lab& lab);

}  // namespace lorahub::lab
