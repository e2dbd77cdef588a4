#include "study/single_trial.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "study/check_composition.hpp"
#include "study/check_loss.hpp"
#include "study/compositions.hpp"
#include "study/knobs.hpp"
#include "study/losses.hpp"

namespace lorahub::study {

namespace fs = std::filesystem;

namespace {

fs::path current_folder() {
  std::error_code removed;
  return fs::current_path(removed);
}

Value word_of(const std::string& word, const std::string& option) {
  return {.node = Node(YAML::Node(word)), .file = option, .line = 0, .folder = current_folder()};
}

ConfigPath here() { return ConfigPath(current_folder()); }

// A path is no name of a piece: `./mini` is the folder beside, whatever pieces there are.
bool is_path(const std::string& word) { return word.starts_with('.') || word.starts_with('/'); }

// Error where the word is a folder, too, and another one than the piece means.
void check_one_meaning(const Value& word, const std::string& path) {
  const std::string name = scalar(word);
  std::error_code error;
  if (fs::exists(name, error) && !fs::equivalent(name, path, error))
    fail_at(word, "'{}' is a piece (it means {}) and a folder here, write ./{} for the folder",
            name, path, name);
}

void assign_all(const std::vector<Entry>& entries, Values& values) {
  for (const Entry& entry : entries) values.insert_or_assign(entry.key, entry.value);
}

void check_settings(const std::vector<Entry>& set) {
  for (const Entry& entry : set)
    if (entry.key == "model" || entry.key == "library" || entry.key == "task" ||
        entry.key == "method")
      fail_at(entry.value,
              "is not a setting of the search (there is one model, one library and one task), use "
              "the options --model, --library and --task");
}

// A search learns from its shots.
void check_shots(const Values& values, const Trial& trial) {
  if (const auto shots = values.find("shots");
      shots != values.end() && trial.shots.rows.empty() && trial.shots.count == 0)
    fail_at(shots->second, "0 is too small, a search learns from at least 1 example");
}

// An adaptation mixes modules; a search of its own may say so by their gradient.
void check_method(const Values& values, const Trial& trial) {
  if (trial.method != Method::lorahub && trial.method != Method::gradient)
    fail_at(values.at("method"),
            "is {} (it finds no weights of modules to mix), use lorahub or gradient",
            name(trial.method));
}

struct ReadTrial {
  Values values;
  Trial trial;
};
ReadTrial read_trial(const TrialWords& words, const std::string& search,
                     const std::vector<Entry>& set) {
  const Piece piece = read_piece(here(), "search", word_of(search, "--search"));
  ReadTrial read;
  for (const auto* list : {&words.task.knobs, &piece.knobs, &set}) assign_all(*list, read.values);
  assign(read.values, read.trial);
  return read;
}

// Whether the entry says how a search draws candidates or compares them, of which a gradient knows
// nothing.
bool shapes_candidates(const Entry& entry, const Trial& by_gradient) {
  if (entry.key == "loss.held_out") return by_gradient.held_out > 0;
  return entry.key.starts_with("search.") && !find_knob(entry.key)->read_by(by_gradient);
}

bool has_gradient(const Trial& trial) {
  return info(trial.loss).has_gradient && trial.precision == exact(trial.precision) &&
         (trial.composition == Composition::factor || trial.composition == Composition::product);
}

// The search of words that name none, as single_trial.hpp says.
ReadTrial usual_trial(const TrialWords& words, const std::vector<Entry>& set) {
  ReadTrial read = read_trial(words, kGradientSearch, set);
  const bool suits = !words.adds_to_losses && has_gradient(read.trial) &&
                     std::ranges::none_of(set, [&](const Entry& entry) {
                       return shapes_candidates(entry, read.trial);
                     });
  return suits ? read : read_trial(words, kUsualSearch, set);
}

}  // namespace

ModelPiece named_model(const std::string& word, const std::string& option) {
  const ConfigPath config_path = here();
  if (is_path(word) || !config_path.find("model", word)) return {.name = word, .path = word};
  const ModelPiece piece = find_model(config_path, word_of(word, option));
  check_one_meaning(word_of(word, option), piece.path);
  return piece;
}

LibraryPiece named_library(const std::string& word, const std::string& option) {
  const ConfigPath config_path = here();
  if (is_path(word) || !config_path.find("library", word))
    return {.name = word, .path = word, .ranks = {}, .rank = 0};
  const LibraryPiece piece = find_library(config_path, word_of(word, option));
  check_one_meaning(word_of(word, option), library_path(piece, piece.rank, option));
  return piece;
}

SingleTask single_task(const std::string& word, const std::string& option) {
  SingleTask task{
      .named = {.name = fs::path(word).stem().string(), .files = {.pool = word, .test = word}},
      .knobs = {}};
  std::error_code error;
  if (fs::exists(word, error)) return task;
  const std::optional<PieceTask> found = task_of_piece(here(), word_of(word, option));
  return found ? SingleTask{.named = found->named, .knobs = found->knobs} : task;
}

bool is_count(const std::string& words) {
  return !words.empty() && std::ranges::all_of(words, [](char c) { return c >= '0' && c <= '9'; });
}

std::string modules_knob(const std::string& words) {
  if (words == "all" || is_count(words)) return words;
  return base::json_text(nlohmann::json(base::split(words, ',')));
}

std::string all_shots_knob(size_t rows) {
  std::vector<int> places(rows);
  std::iota(places.begin(), places.end(), 0);
  return base::json_text(nlohmann::json(places));
}

Trial single_trial(const TrialWords& words) {
  const std::vector<Entry> set = setting_entries(words.set);
  check_settings(set);
  auto [values, trial] =
      words.search.empty() ? usual_trial(words, set) : read_trial(words, words.search, set);
  check_shots(values, trial);
  check_loss(values, trial);
  check_method(values, trial);
  check_composition(values, trial);
  if (!keeps_a_module(trial.composition))
    fail_at(
        values.at("composition"),
        "adapt has no composition '{}' (by it a module alone at weight 1, with which the mixture "
        "is compared, is not that module), give it one of {}, or run a study",
        name(trial.composition), base::join(compositions_that_keep_a_module(), ", "));
  const ModelPiece model = named_model(words.model);
  const LibraryPiece library = named_library(words.library);
  if (!values.contains("rank")) trial.rank = library.ranks.empty() ? 0 : library.rank;
  trial.model = model.name;
  trial.model_path = model.path;
  trial.library = library.name;
  trial.library_path = library_path(library, trial.rank, "--library");
  trial.task = words.task.named.name;
  trial.task_files = words.task.named.files;
  return trial;
}

}  // namespace lorahub::study
