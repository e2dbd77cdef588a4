#include "lab/lab_folders.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "text/piece_model.hpp"

namespace lorahub::lab {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

// "key: [a, b, ...]" in lines of at most 100 characters.
std::string list(const std::string& key, const std::vector<std::string>& names) {
  std::string text = key + ": [", line = text;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string word = names[i] + (i + 1 < names.size() ? "," : "]");
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

std::string heading(const Folders& folders, const std::string& text) {
  return base::format("# {}'s {} ({}/README.md).\n", folders.title, text, folders.guide);
}

// Writes tasks/<name>/<file>.yaml.
struct TaskList {
  const char *file, *title;
  const std::vector<std::string>& names;
};
void write_list(const Folders& folders, const TaskList& tasks) {
  if (tasks.names.empty()) return;
  base::write_file(folders.tasks() / (std::string(tasks.file) + ".yaml"),
                   heading(folders, tasks.title) + list("tasks", tasks.names) +
                       "pool: unseen/{task}/pool.jsonl\ntest: unseen/{task}/test.jsonl\n"
                       "max_tokens: 16\n");
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

void write_task_lists(const Folders& folders, const TaskGroups& groups) {
  std::vector<std::string> all = groups.development;
  for (const auto* more : {&groups.evaluation, &groups.controls})
    all.insert(all.end(), more->begin(), more->end());
  for (const TaskList& tasks :
       {TaskList{"all", "targets: development, evaluation, controls", all},
        TaskList{"development", "development targets: choose settings by these",
                 groups.development},
        TaskList{"unseen", "evaluation targets: to report, never to choose a setting by",
                 groups.evaluation},
        TaskList{"controls", "controls, where composing modules should not help", groups.controls}})
    write_list(folders, tasks);
}

void write_library(const Folders& folders, const std::vector<int>& ranks) {
  std::vector<std::string> of_rank;
  for (const int rank : ranks) of_rank.push_back(base::format("{0}: {1}/r{0}", rank, folders.name));
  const bool usual = std::ranges::count(ranks, 16) > 0;
  base::write_file(
      folders.library().string() + ".yaml",
      base::format(
          "{}ranks: {{{}}}\n"
          "rank: {}    # unless the study says otherwise; a rank that is not listed is cut "
          "from the largest\n",
          heading(folders, "modules, trained alike at each rank"), base::join(of_rank, ", "),
          usual ? 16 : ranks.back()));
}

void write_base(const Folders& folders) {
  base::write_file(folders.model().string() + ".yaml",
                   heading(folders, "base") + base::format("model: {}\n", folders.name));
}

int64_t piece_count(const fs::path& pieces) {
  return static_cast<int64_t>(text::read_piece_model(pieces).pieces.size());
}

std::string write_hashes(const fs::path& lab, const Making& making) {
  const fs::path file = lab / "hashes.json";
  std::map<std::string, std::string> hashes;  // sorted
  uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(lab)) {
    const std::string name = fs::relative(entry.path(), lab).generic_string();
    if (!entry.is_regular_file() || name.starts_with("work/") || entry.path() == file) continue;
    hashes[name] = base::sha256_file(entry.path());
    bytes += entry.file_size();
  }
  ordered_json json{{"seed", making.seed}};
  for (const auto& [key, value] : making.environment) json[key] = value;
  json["bytes"] = bytes;
  json["files"] = hashes;
  base::write_file(file, base::json_text(json, 1) + "\n");
  return base::format("{} files, {:.1f} MB", hashes.size(), static_cast<double>(bytes) / 1e6);
}

}  // namespace lorahub::lab
