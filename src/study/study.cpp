#include "study/study.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "study/check_composition.hpp"
#include "study/check_loss.hpp"
#include "study/document.hpp"
#include "study/fields.hpp"
#include "study/grid.hpp"
#include "study/pieces.hpp"
#include "study/remarks.hpp"

namespace lorahub::study {

namespace {

constexpr size_t kMostTrials = 1'000'000;

// The study as it is written, with its pieces, before its lists are multiplied out.
struct Outline {
  Value root;
  ConfigPath config_path;
  std::string question;
  Piece uses;                // all its pieces together
  bool uses_search = false;  // one of them is a search
  std::vector<Entry> set, vary, zip;
};

void use(Outline& outline, const Value& uses) {
  const std::vector<std::string>& kinds = piece_kinds();
  std::map<std::string, Value> names;
  for (const auto& entry : entries(uses)) {
    if (std::find(kinds.begin(), kinds.end(), entry.key) == kinds.end())
      fail_at(entry.value, "unknown kind of piece '{}' (the kinds: {}){}", entry.key,
              base::join(kinds, ", "), base::did_you_mean(entry.key, kinds));
    names.emplace(entry.key, entry.value);
  }
  for (const auto& kind : kinds) {  // a later kind wins where two set the same knob
    if (!names.contains(kind)) continue;
    const auto piece = read_piece(outline.config_path, kind, names.at(kind));
    auto& all = outline.uses;
    all.knobs.insert(all.knobs.end(), piece.knobs.begin(), piece.knobs.end());
    if (piece.model) all.model = piece.model;
    if (piece.library) all.library = piece.library;
    if (piece.tasks) all.tasks = piece.tasks;
    outline.uses_search = outline.uses_search || kind == "search";
  }
}

// A study that says nothing about its search, neither by a piece nor by a knob, uses the best
// settings known; its own knobs and those of its other pieces come on top.
void add_usual_search(Outline& outline) {
  const auto is_of_search = [](const Entry& entry) { return entry.key.starts_with("search."); };
  const auto says = [&](const std::vector<Entry>& list) {
    return std::ranges::any_of(list, is_of_search);
  };
  if (outline.uses_search || says(outline.uses.knobs) || says(outline.set) || says(outline.vary) ||
      says(outline.zip))
    return;
  Value name = outline.root;
  name.node = Node(YAML::Node(kUsualSearch));
  const std::vector<Entry> knobs = read_piece(outline.config_path, "search", name).knobs;
  outline.uses.knobs.insert(outline.uses.knobs.begin(), knobs.begin(), knobs.end());
}

Outline read_outline(const std::filesystem::path& file) {
  const auto root = read_document(
      file, {.name = "study file", .line = "question: ...", .examples = "experiments/"});
  Outline outline{.root = root,
                  .config_path = ConfigPath(root.folder),
                  .question = "",
                  .uses = {},
                  .uses_search = false,
                  .set = {},
                  .vary = {},
                  .zip = {}};
  const std::vector<std::string> keys = {"question", "uses", "set", "vary", "zip"};
  for (const auto& entry : entries(root)) {
    if (entry.key == "question")
      outline.question = base::strip(scalar(entry.value));
    else if (entry.key == "uses")
      use(outline, entry.value);
    else if (entry.key == "set")
      outline.set = knob_entries(entries(entry.value));
    else if (entry.key == "vary")
      outline.vary = knob_entries(entries(entry.value));
    else if (entry.key == "zip")
      outline.zip = knob_entries(entries(entry.value));
    else
      fail_at(entry.value, "unknown key '{}' (a study has: {}){}", entry.key,
              base::join(keys, ", "), base::did_you_mean(entry.key, keys));
  }
  add_usual_search(outline);
  return outline;
}

Entry* find(std::vector<Entry>& list, const std::string& key) {
  const auto found = std::find_if(list.begin(), list.end(), [&](auto& e) { return e.key == key; });
  return found == list.end() ? nullptr : &*found;
}

// Applies --set: it replaces the list of a knob that the study varies, else its fixed value.
void override_by(Outline& outline, const std::vector<Setting>& settings) {
  for (Entry entry : setting_entries(settings)) {
    if (find(outline.zip, entry.key))
      fail_at(entry.value, "'{}' moves together with others under zip, change the study instead",
              entry.key);
    if (auto* varied = find(outline.vary, entry.key)) {
      if (entry.value.node.IsScalar()) {
        YAML::Node one(YAML::NodeType::Sequence);
        one.push_back(static_cast<const YAML::Node&>(entry.value.node));
        entry.value.node = Node(one);
      }
      *varied = entry;
    } else if (auto* fixed = find(outline.set, entry.key)) {
      *fixed = entry;
    } else {
      outline.set.push_back(entry);
    }
  }
}

void check_once(Outline& outline) {
  const auto check = [](std::vector<Entry>& late, std::vector<Entry>& early, const char* places) {
    for (const auto& entry : late)
      if (const Entry* other = find(early, entry.key))
        fail_at(entry.value, "'{}' stands in both {} ({} has it, too; which one holds?), keep one",
                entry.key, places,
                other->value.line > 0 ? base::format("line {}", other->value.line)
                                      : other->value.where());
  };
  check(outline.vary, outline.set, "set and vary");
  check(outline.zip, outline.set, "set and zip");
  check(outline.zip, outline.vary, "vary and zip");
}

// Replaces `task: all`, also within a list, by the names of the piece's tasks.
Entry expanded(const Entry& entry, const std::optional<TasksPiece>& tasks) {
  if (entry.key != "task") return entry;
  const auto is_all = [](const YAML::Node& node) {
    return node.IsScalar() && node.Scalar() == "all";
  };
  YAML::Node list(YAML::NodeType::Sequence);
  const auto add = [&](const YAML::Node& node) {
    if (!is_all(node)) return list.push_back(node);
    if (!tasks)
      fail_at(entry.value,
              "`task: all` needs a list of tasks, add for example `uses: {{tasks: "
              "mini/unseen}}`");
    for (const auto& name : tasks->names) list.push_back(YAML::Node(name));
  };
  if (entry.value.node.IsSequence())
    for (const auto& node : entry.value.node) add(node);
  else if (is_all(entry.value.node))
    add(entry.value.node);
  else
    return entry;
  Entry out = entry;
  out.value.node = Node(list);
  return out;
}

std::vector<GridPoint> points(Outline& outline) {
  const auto& tasks = outline.uses.tasks;
  std::vector<GridAxis> axes;
  if (auto* task = find(outline.set, "task")) {
    *task = expanded(*task, tasks);
    if (task->value.node.IsSequence()) {
      axes.push_back(axis(*task));
      outline.set.erase(outline.set.begin() + (task - outline.set.data()));
    }
  }
  for (auto* list : {&outline.zip, &outline.vary})
    for (auto& entry : *list) entry = expanded(entry, tasks);
  if (!outline.zip.empty()) axes.push_back(together(outline.zip));
  for (const auto& entry : outline.vary) axes.push_back(axis(entry));
  double total = 1;
  for (const auto& one : axes) total *= static_cast<double>(one.size());
  if (total > kMostTrials)
    fail_at(outline.root, "the lists multiply to {:.3g} trials (more than {}), shorten some", total,
            kMostTrials);
  return product(axes);
}

// Makes trials of points. It remembers what words stand for, since every look-up reads the disk.
class Maker {
 public:
  explicit Maker(const Outline& outline) : outline_(outline) {}

  Trial make(const GridPoint& point) {
    Values values;
    for (const auto* list : {&outline_.uses.knobs, &outline_.set, &point})
      for (const auto& entry : *list) values.insert_or_assign(entry.key, entry.value);
    Trial trial;
    assign(values, trial);
    set_model(values, trial);
    set_task(values, trial);
    set_library(values, trial);
    set_shots(values, trial);
    check_loss(values, trial);
    check_composition(values, trial);
    return trial;
  }

 private:
  static std::string key_of(const Value& value) {
    return value.folder.string() + "\n" + scalar(value);
  }

  void set_model(const Values& values, Trial& trial) {
    ModelPiece model = outline_.uses.model.value_or(ModelPiece{});
    if (const auto word = values.find("model"); word != values.end()) {
      auto [known, is_new] = models_.try_emplace(key_of(word->second));
      if (is_new) known->second = find_model(outline_.config_path, word->second);
      model = known->second;
    }
    if (model.path.empty())
      fail_at(outline_.root,
              "the study has no model, add `uses: {{model: ...}}` or `set: {{model: ...}}`");
    trial.model = model.name;
    trial.model_path = model.path;
  }

  void set_library(const Values& values, Trial& trial) {
    trial.library.clear();
    if (!uses_modules(trial.method)) return;
    LibraryPiece library = outline_.uses.library.value_or(LibraryPiece{});
    if (const auto word = values.find("library"); word != values.end()) {
      auto [known, is_new] = libraries_.try_emplace(key_of(word->second));
      if (is_new) known->second = find_library(outline_.config_path, word->second);
      library = known->second;
    }
    if (library.path.empty())
      fail_at(outline_.root,
              "the study has no library of modules (a trial mixes some), add `uses: "
              "{{library: ...}}` or `set: {{library: ...}}`");
    const auto rank = values.find("rank");
    if (rank == values.end()) trial.rank = library.rank;
    trial.library = library.name;
    trial.library_path = library_path(
        library, trial.rank, (rank == values.end() ? outline_.root : rank->second).where());
  }

  // The knobs that the task's own piece sets are added below all that the study says.
  void set_task(Values& values, Trial& trial) {
    const auto word = values.find("task");
    if (word == values.end())
      fail_at(outline_.root,
              "the study has no task, add `set: {{task: ...}}` or `vary: {{task: all}}`");
    auto [known, is_new] = tasks_.try_emplace(key_of(word->second));
    if (is_new) {
      known->second = find_task(outline_.config_path, outline_.uses.tasks, word->second);
      const auto& [name, files] = known->second.named;
      const auto [other, first] = tests_.try_emplace(name, files.test);
      if (!first && other->second != files.test)
        fail_at(word->second, "two tasks are called '{}' ({} and {}), rename one file", name,
                other->second, files.test);
    }
    Values own;
    for (const auto& entry : known->second.knobs)
      if (values.try_emplace(entry.key, entry.value).second) own.emplace(entry.key, entry.value);
    assign(own, trial);
    trial.task = known->second.named.name;
    trial.task_files = known->second.named.files;
  }

  // A trial that reads no shots draws none: its answers then depend on nothing outside its
  // identity.
  void set_shots(const Values& values, Trial& trial) {
    const bool one_file = trial.task_files.pool == trial.task_files.test;
    if (!uses_shots(trial.method) && !retrieves_by_shots(trial) && !one_file)
      trial.shots = {.count = 0, .rows = {}};
    else if (uses_shots(trial.method) && trial.shots.count == 0)
      fail_at(values.at("shots"),
              "shots is 0, but a trial's method learns from shots, take at least 1");
  }

  const Outline& outline_;
  std::map<std::string, ModelPiece> models_;
  std::map<std::string, LibraryPiece> libraries_;
  std::map<std::string, PieceTask> tasks_;
  std::map<std::string, std::string> tests_;  // test file by name of task
};

// Names stand in tables, figures, logs and scripts, and the name of the study is that of a folder.
void check_name(const char* what, const std::string& name) {
  base::check(base::is_printable_line(name),
              "{} '{}' holds a line break or another sign that can't be shown, rename it", what,
              base::printable_line(name));
}

void check_names(const Study& study) {
  base::check(base::is_file_name(study.name),
              "the study's file is called '{}' (its results folder has the same name), give it a "
              "name of up to 200 letters without control characters",
              base::printable_line(base::shortened(study.name, 300)));
  for (const Trial& trial : study.trials) {
    check_name("the model's name", trial.model);
    check_name("the library's name", trial.library);
    check_name("the task's name", trial.task);
  }
}

}  // namespace

void apply(const std::vector<Setting>& settings, Trial& trial) {
  Values values;
  for (const Entry& entry : setting_entries(settings)) values.emplace(entry.key, entry.value);
  assign(values, trial);
}

std::vector<Setting> settings(const Trial& trial) {
  std::vector<Setting> list;
  Trial made;
  for (const Knob& knob : knobs()) {
    const std::string text = write(knob, trial);
    if (text.empty() || text == write(knob, made)) continue;
    list.emplace_back(knob.name, as_yaml(knob, trial));
    apply({list.back()}, made);
  }
  return list;
}

std::vector<std::string> given_knobs(const std::filesystem::path& file,
                                     const std::vector<Setting>& set) {
  auto outline = read_outline(file);
  override_by(outline, set);
  std::vector<std::string> keys;
  for (const auto* list : {&outline.set, &outline.vary, &outline.zip})
    for (const auto& entry : *list) keys.push_back(entry.key);
  return keys;
}

Study load(const std::filesystem::path& file, const std::vector<Setting>& set) {
  auto outline = read_outline(file);
  override_by(outline, set);
  check_once(outline);
  Study study{.name = file.stem().string(),
              .question = outline.question,
              .yaml = base::read_file(file),
              .trials = {}};
  const auto grid = points(outline);
  Maker maker(outline);
  std::set<std::string> seen;
  for (const auto& point : grid) {
    auto trial = maker.make(point);
    if (seen.insert(id(trial)).second) study.trials.push_back(std::move(trial));
  }
  check_names(study);
  tell_apart(study.trials);
  return study;
}

}  // namespace lorahub::study
