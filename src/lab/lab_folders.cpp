#include "lab/lab_folders.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "lab/stages.hpp"
#include "text/piece_model.hpp"

namespace lorahub::lab {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

// "key: [a, b, ...]" in lines of at most 100 characters.
std::string list(const std::string& key, const std::vector<LabTask>& tasks) {
  std::string text = key + ": [", line = text;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const std::string word = tasks[i].name + (i + 1 < tasks.size() ? "," : "]");
    if (line.size() + 1 + word.size() > 100) {
      line = std::string(key.size() + 3, ' ');
      text += "\n" + line;
    } else if (i > 0) {
      text += " ";
      line += " ";
    }
    text += word;
    line += word;
  }
  return text + "\n";
}

void write_list(const fs::path& file, const std::string& title, const std::vector<LabTask>& tasks) {
  base::write_file(file, "# " + title + " (experiments/lab/README.md).\n" + list("tasks", tasks) +
                             "pool: unseen/{task}/pool.jsonl\ntest: unseen/{task}/test.jsonl\n"
                             "max_tokens: 16\n");
}

void write_task_lists(const fs::path& folder, const Recipe& recipe) {
  write_list(folder / "all.yaml", "The mini-lab's targets: development, evaluation, controls",
             recipe.targets());
  write_list(folder / "development.yaml",
             "The mini-lab's development targets: choose settings by these", recipe.development);
  write_list(folder / "unseen.yaml",
             "The mini-lab's evaluation targets: to report, never to choose a setting by",
             recipe.evaluation);
  write_list(folder / "controls.yaml",
             "The mini-lab's controls, where composing modules should not help", recipe.controls);
}

void write_library(const fs::path& file, const std::vector<int>& ranks) {
  std::vector<std::string> folders;
  for (const int rank : ranks) folders.push_back(base::format("{0}: mini/r{0}", rank));
  const bool usual = std::find(ranks.begin(), ranks.end(), 16) != ranks.end();
  base::write_file(
      file, base::format(
                "# The mini-lab's modules, trained alike at each rank (experiments/lab/README.md)."
                "\nranks: {{{}}}\n"
                "rank: {}    # unless the study says otherwise; a rank that is not listed is cut "
                "from the largest\n",
                base::join(folders, ", "), usual ? 16 : ranks.back()));
}

}  // namespace

void write_rows(const fs::path& file, const Rows& rows) {
  std::string text;
  for (const task::Example& row : rows)
    text +=
        base::json_text(ordered_json{{"context", row.input}, {"completion", row.target}}) + "\n";
  base::write_file(file, text);
}

void write_answers(const fs::path& file, const std::vector<std::string>& answers) {
  std::string text;
  for (const std::string& answer : answers)
    text += base::json_text(ordered_json{{"completion", answer}}) + "\n";
  base::write_file(file, text);
}

void write_pieces(const fs::path& lab, const Recipe& recipe) {
  write_task_lists(lab / "tasks/mini", recipe);
  base::write_file(lab / "model/mini.yaml",
                   "# The mini-lab's base (experiments/lab/README.md).\nmodel: mini\n");
  write_library(lab / "library/mini.yaml", recipe.ranks);
}

int64_t piece_count(const fs::path& pieces) {
  return static_cast<int64_t>(text::read_piece_model(pieces).pieces.size());
}

std::string write_hashes(const Lab& lab) {
  const fs::path file = lab.folder / "hashes.json";
  std::map<std::string, std::string> hashes;  // sorted
  uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(lab.folder)) {
    const std::string name = fs::relative(entry.path(), lab.folder).generic_string();
    if (!entry.is_regular_file() || name.starts_with("work/") || entry.path() == file) continue;
    hashes[name] = base::sha256_file(entry.path());
    bytes += entry.file_size();
  }
  ordered_json json{{"seed", lab.recipe.seed}};
  for (const auto& [key, value] : lab.environment) json[key] = value;
  json["bytes"] = bytes;
  json["files"] = hashes;
  base::write_file(file, base::json_text(json, 1) + "\n");
  return base::format("{} files, {:.1f} MB", hashes.size(), static_cast<double>(bytes) / 1e6);
}

}  // namespace lorahub::lab
