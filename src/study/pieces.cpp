#include "study/pieces.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/text.hpp"
#include "study/fields.hpp"

namespace lorahub::study {

namespace fs = std::filesystem;

namespace {

void add_root(std::vector<fs::path>& roots, const fs::path& folder) {
  std::error_code unreadable;  // as good as none
  if (fs::is_directory(folder, unreadable) && std::ranges::find(roots, folder) == roots.end())
    roots.push_back(folder);
}

// `configs` of the folder and of each folder above it.
void add_roots_above(std::vector<fs::path>& roots, fs::path folder) {
  for (;; folder = folder.parent_path()) {
    add_root(roots, folder / "configs");
    if (folder == folder.root_path() || folder.empty()) return;
  }
}

}  // namespace

ConfigPath::ConfigPath(const fs::path& study_folder) {
  std::error_code removed;  // a current folder that is gone holds no pieces
  const fs::path current = fs::current_path(removed);
  add_roots_above(roots_, (current / study_folder).lexically_normal());
  if (const char* root = std::getenv("LORAHUB_CONFIGS"); root && *root)
    add_root(roots_, fs::absolute(root));
  add_roots_above(roots_, current);
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  if (unknown) return;
  add_root(roots_, program.parent_path().parent_path() / "share/lorahub/configs");
  add_roots_above(roots_, program.parent_path());
}

std::optional<fs::path> ConfigPath::find(const std::string& kind, const std::string& name) const {
  if (name.empty() || fs::path(name).is_absolute()) return std::nullopt;
  for (const auto& root : roots_) {
    const auto file = root / kind / (name + ".yaml");
    std::error_code unreadable;
    if (fs::is_regular_file(file, unreadable)) return file;
  }
  return std::nullopt;
}

std::vector<std::string> ConfigPath::names(const std::string& kind) const {
  std::set<std::string> found;
  const auto add = [&](const fs::path& folder, const std::string& prefix) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder, missing))
      if (entry.path().extension() == ".yaml") found.insert(prefix + entry.path().stem().string());
  };
  for (const auto& root : roots_) {
    if (!found.empty()) break;
    add(root / kind, "");
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(root / kind, missing))
      if (entry.is_directory()) add(entry.path(), entry.path().filename().string() + "/");
  }
  return {found.begin(), found.end()};
}

namespace {

std::string absolute_text(const std::string& path, const Value& value) {
  auto text = located(path, value).string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

int rank_of(const Value& value) {
  Trial trial;
  assign({{"rank", value}}, trial);
  return trial.rank;
}

std::string existing(const Value& value) {
  auto path = absolute_text(scalar(value), value);
  if (!fs::exists(path))
    fail_at(value, "no file or folder '{}', name one that exists (relative to {})", scalar(value),
            value.folder.string());
  return path;
}

std::map<int, std::string> read_ranks(const Value& value) {
  std::map<int, std::string> ranks;
  for (const auto& [rank, folder] : entries(value)) {
    const Value number{
        .node = YAML::Node(rank), .file = folder.file, .line = folder.line, .folder = {}};
    ranks[rank_of(number)] = existing(folder);
  }
  if (ranks.empty() || ranks.begin()->first < 1)
    fail_at(value, "ranks needs at least one `rank: folder`, with a rank of at least 1");
  return ranks;
}

using Found = std::map<std::string, Value>;

// Takes the keys of a kind out of the piece; the rest are knobs.
Found take(const Value& root, const std::set<std::string>& keys, Piece& piece) {
  Found found;
  std::vector<Entry> rest;
  for (const auto& entry : entries(root)) {
    if (entry.key == "uses")
      fail_at(entry.value, "a piece can not use other pieces, name them in the study");
    if (keys.contains(entry.key))
      found.emplace(entry.key, entry.value);
    else
      rest.push_back(entry);
  }
  piece.knobs = knob_entries(rest);
  return found;
}

const Value& need(const Found& found, const std::string& key, const Value& root) {
  const auto value = found.find(key);
  if (value == found.end())
    fail_at(root, "the piece does not say '{}', add a line `{}: ...`", key, key);
  return value->second;
}

LibraryPiece read_library(const Found& found, const Value& root, const std::string& name) {
  LibraryPiece library{.name = name, .path = "", .ranks = {}, .rank = 0};
  if (found.contains("rank")) library.rank = rank_of(found.at("rank"));
  if (found.contains("ranks")) {
    library.ranks = read_ranks(found.at("ranks"));
    library.path = library.ranks.rbegin()->second;
  } else {
    library.path = existing(need(found, "library", root));
  }
  return library;
}

TasksPiece read_tasks(const Found& found, const Value& root) {
  TasksPiece tasks{
      .names = {}, .pool = need(found, "pool", root), .test = need(found, "test", root)};
  std::set<std::string> seen;
  for (const auto& item : items(need(found, "tasks", root))) {
    tasks.names.push_back(scalar(item));
    if (!seen.insert(tasks.names.back()).second)
      fail_at(item, "task '{}' is listed twice, keep one", tasks.names.back());
  }
  return tasks;
}

Piece read_file_of(const fs::path& file, const std::string& kind, const std::string& name) {
  const auto root = read_document(
      file, {.name = "piece", .line = kind + ": ...", .examples = "configs/" + kind + "/"});
  Piece piece;
  if (kind == "model") {
    piece.model = {.name = name,
                   .path = located_or_name(need(take(root, {"model"}, piece), "model", root))};
  } else if (kind == "library") {
    piece.library = read_library(take(root, {"library", "ranks", "rank"}, piece), root, name);
  } else if (kind == "tasks") {
    piece.tasks = read_tasks(take(root, {"tasks", "pool", "test"}, piece), root);
  } else {
    take(root, {}, piece);
  }
  return piece;
}

// A piece that is named as the value of a knob gives a folder alone, so it may not set knobs.
void check_plain(const Piece& piece, const Value& word, const std::string& kind) {
  if (!piece.knobs.empty())
    fail_at(word, "the piece '{}' also sets {}, which only `uses: {{{}: {}}}` can apply, use that",
            scalar(word), piece.knobs.front().key, kind, scalar(word));
}

std::string fill(const Value& pattern, const std::string& task) {
  auto text = scalar(pattern);
  const std::string slot = "{task}";
  for (auto at = text.find(slot); at != std::string::npos; at = text.find(slot, at + task.size()))
    text.replace(at, slot.size(), task);
  auto path = absolute_text(text, pattern);
  if (!fs::is_regular_file(path))
    fail_at(pattern, "no file '{}' for task '{}', mend the path or drop the task", path, task);
  return path;
}

}  // namespace

const std::vector<std::string>& piece_kinds() {
  static const std::vector<std::string> kinds{"model", "library", "tasks", "search"};
  return kinds;
}

Piece read_piece(const ConfigPath& config_path, const std::string& kind, const Value& name) {
  const auto word = scalar(name);
  if (kind == "search" && word.ends_with(".yaml")) return read_file_of(existing(name), kind, word);
  const auto file = config_path.find(kind, word);
  if (!file) {
    const auto names = config_path.names(kind);
    if (names.empty())
      fail_at(
          name,
          "no piece configs/{}/{}.yaml (no folder `configs` lies above the study or the current "
          "folder), set "
          "LORAHUB_CONFIGS to the folder that has it",
          kind, word);
    fail_at(name, "no piece configs/{}/{}.yaml (there are: {}){}", kind, word,
            base::join(names, ", "), base::did_you_mean(word, names));
  }
  return read_file_of(*file, kind, word);
}

ModelPiece find_model(const ConfigPath& config_path, const Value& word) {
  const auto name = scalar(word);
  if (!config_path.find("model", name)) return {.name = name, .path = located_or_name(word)};
  const auto piece = read_piece(config_path, "model", word);
  check_plain(piece, word, "model");
  return *piece.model;
}

LibraryPiece find_library(const ConfigPath& config_path, const Value& word) {
  const auto name = scalar(word);
  if (config_path.find("library", name)) {
    const auto piece = read_piece(config_path, "library", word);
    check_plain(piece, word, "library");
    return *piece.library;
  }
  const auto path = absolute_text(name, word);
  if (!fs::exists(path)) {
    const auto names = config_path.names("library");
    if (names.empty()) fail_at(word, "no library '{}' (there is no folder {})", name, path);
    fail_at(word, "no library '{}' (neither a piece: {}; nor a folder: {}){}", name,
            base::join(names, ", "), path, base::did_you_mean(name, names));
  }
  return {.name = name, .path = path, .ranks = {}, .rank = 0};
}

std::string library_path(const LibraryPiece& library, int rank, const std::string& where) {
  if (library.ranks.empty()) return library.path;
  const auto found = library.ranks.find(rank);
  if (found != library.ranks.end()) return found->second;
  const auto& [largest, folder] = *library.ranks.rbegin();
  base::check(rank < largest,
              "{}: rank {} is more than the library {} has ({} at most), take a smaller one", where,
              rank, library.name, largest);
  return folder;
}

NamedTask task_of(const TasksPiece& tasks, const std::string& name) {
  return {.name = name, .files = {.pool = fill(tasks.pool, name), .test = fill(tasks.test, name)}};
}

std::optional<PieceTask> task_of_piece(const ConfigPath& config_path, const Value& word) {
  const std::string text = scalar(word);
  const size_t slash = text.rfind('/');
  if (text.starts_with('.') || text.starts_with('/') || slash == std::string::npos) return {};
  Value piece_name = word;
  piece_name.node = Node(YAML::Node(text.substr(0, slash)));
  if (!config_path.find("tasks", scalar(piece_name))) return {};
  const Piece piece = read_piece(config_path, "tasks", piece_name);
  const std::string name = text.substr(slash + 1);
  const std::vector<std::string>& names = piece.tasks->names;
  if (std::ranges::find(names, name) == names.end())
    fail_at(word, "no task '{}' in the piece {} (it has: {}){}", name, scalar(piece_name),
            base::join(names, ", "), base::did_you_mean(name, names));
  return PieceTask{.named = task_of(*piece.tasks, name), .knobs = piece.knobs};
}

PieceTask find_task(const ConfigPath& config_path, const std::optional<TasksPiece>& tasks,
                    const Value& word) {
  const auto name = scalar(word);
  if (tasks && std::find(tasks->names.begin(), tasks->names.end(), name) != tasks->names.end())
    return {.named = task_of(*tasks, name), .knobs = {}};
  const auto path = absolute_text(name, word);
  if (fs::is_regular_file(path))
    return {
        .named = {.name = fs::path(path).stem().string(), .files = {.pool = path, .test = path}},
        .knobs = {}};
  if (std::optional<PieceTask> found = task_of_piece(config_path, word)) return *std::move(found);
  if (!tasks)
    fail_at(word,
            "no file '{}' for the task, name one that exists, a task of a piece "
            "(mini/unseen/E1_isa_letter, say), or tasks by `uses: {{tasks: ...}}`",
            path);
  fail_at(word, "no task '{}' (the tasks: {}; and no such file){}", name,
          base::join(tasks->names, ", "), base::did_you_mean(name, tasks->names));
}

}  // namespace lorahub::study
