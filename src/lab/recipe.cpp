#include "lab/recipe.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "base/check.hpp"
#include "base/printable.hpp"
#include "lab/recipe_reader.hpp"
#include "task/task.hpp"

namespace lorahub::lab {
namespace {

using study::fail_at;
using study::Value;

// Texts by the name of a template, or of a skill that hidden-skill prompts ask for.
using TextsByName = std::map<std::string, std::string>;

struct Made {
  Recipe recipe;
  TextsByName templates, hidden;
};

// "D9_hid_last_letter" and "last_letter": the parts behind "D9_".
LabTask parse(const std::string& name, const Value& value) {
  if (!base::is_file_name(name))
    fail_at(value, "'{}' can't be the name of a task's file, use letters, digits and _",
            base::printable_line(name));
  std::vector<std::string> parts = base::split(name, '_');
  if (parts.size() > 2 && std::isupper(static_cast<unsigned char>(parts[0][0])) != 0)
    parts.erase(parts.begin());
  const bool hidden = parts.size() == 3 && parts[0] == "hid";
  if (hidden) parts.erase(parts.begin());
  if (parts.size() != 2)
    fail_at(value, "'{}' does not say skill and form, write it as last_letter or hid_last_letter",
            name);
  LabTask task{.name = name, .skill = parts[0], .form = Form::word, .text = hidden ? "hidden" : ""};
  at(value, [&] {
    const Skill& known = skill(task.skill);
    task.form = form(parts[1]);
    base::check(task.form == Form::odd || std::ranges::count(forms(known.kind), task.form) == 1,
                "'{}' has no form '{}'", task.skill, parts[1]);
    return true;
  });
  return task;
}

std::string found(const TextsByName& texts, const std::string& key, const Value& value) {
  const auto text = texts.find(key);
  if (text == texts.end()) fail_at(value, "no template for '{}', add one", key);
  return text->second;
}

TextsByName read_texts(const Value& value) {
  TextsByName texts;
  for (const study::Entry& entry : study::entries(value)) {
    texts[entry.key] = study::scalar(entry.value);
    if (texts[entry.key].find("{b}") == std::string::npos)
      fail_at(entry.value, "a template needs {{b}} where the question goes");
  }
  return texts;
}

void read_modules(const Value& value, Made& made) {
  for (const Value& item : study::items(value)) {
    LabTask task = parse(study::scalar(item), item);
    if (!task.text.empty()) task.text = found(made.hidden, task.skill, item);
    if (made.recipe.held_out.contains({task.skill, task.form}))
      fail_at(item, "'{}' is held out for a target, a module of it would show the answer",
              task.name);
    made.recipe.modules.push_back(std::move(task));
  }
}

std::vector<LabTask> read_targets(const Value& value, const Made& made) {
  std::vector<LabTask> tasks;
  for (const study::Entry& entry : study::entries(value)) {
    LabTask task = parse(entry.key, entry.value);
    task.text = task.text.empty() ? found(made.templates, study::scalar(entry.value), entry.value)
                                  : found(made.hidden, task.skill, entry.value);
    tasks.push_back(std::move(task));
  }
  return tasks;
}

void hold_out(Made& made, const LabTask& task, const Value& value) {
  if (skill(task.skill).own == task.form)
    fail_at(value,
            "'{}' is the own form of its skill (the base could not learn it), hold out another",
            task.name);
  made.recipe.held_out.insert({task.skill, task.form});
}

void read_rows(const Value& value, RowCounts& rows) {
  const std::map<std::string, int RowCounts::*> fields{
      {"lookups", &RowCounts::lookups},   {"mix", &RowCounts::mix},
      {"few_shot", &RowCounts::few_shot}, {"module", &RowCounts::module},
      {"card", &RowCounts::card},         {"pool", &RowCounts::pool},
      {"test", &RowCounts::test},         {"check", &RowCounts::check}};
  read_counts(value, rows, fields);
}

void read_model(const Value& value, model::t5::T5Config& model) {
  const std::map<std::string, int64_t model::t5::T5Config::*> fields{
      {"d_model", &model::t5::T5Config::d_model},
      {"d_kv", &model::t5::T5Config::d_kv},
      {"d_ff", &model::t5::T5Config::d_ff},
      {"heads", &model::t5::T5Config::heads},
      {"encoder_layers", &model::t5::T5Config::encoder_layers},
      {"decoder_layers", &model::t5::T5Config::decoder_layers}};
  read_counts(value, model, fields);
  // Heads 0 to 2 have a task from the start (lab/start.hpp).
  if (model.heads < 3) fail_at(value, "{} heads are too few, the start needs 3", model.heads);
  model.gated = model.gelu = true;
}

void read_refused(const Value& value, Recipe& recipe) {
  const auto path = study::located(study::scalar(value), value);
  for (const task::Example& row : at(value, [&] { return task::read_examples(path); }))
    recipe.refused.insert(base::strip(row.input.substr(0, row.input.rfind("is"))));
}

// The parts in the order in which they need each other.
void fill(const std::map<std::string, Value>& parts, Made& made) {
  Recipe& r = made.recipe;
  r.seed = study::seed(parts.at("seed"));
  read_rows(parts.at("rows"), r.rows);
  read_model(parts.at("model"), r.model);
  if (parts.contains("refuse")) read_refused(parts.at("refuse"), r);
  made.templates = read_texts(parts.at("templates"));
  made.hidden = read_texts(parts.at("hidden"));
  r.development = read_targets(parts.at("development"), made);
  r.evaluation = read_targets(parts.at("evaluation"), made);
  r.controls = read_targets(parts.at("controls"), made);
  for (const auto& [key, tasks] :
       {std::pair{"development", r.development}, std::pair{"evaluation", r.evaluation}})
    for (const LabTask& task : tasks) hold_out(made, task, parts.at(key));
  for (const Value& item : study::items(parts.at("held_out")))
    hold_out(made, parse(study::scalar(item), item), item);
  read_modules(parts.at("modules"), made);
  for (const Value& rank : study::items(parts.at("ranks")))
    r.ranks.push_back(study::integer(rank, {.least = 1}));
  r.lookups = parts.at("train_lookups");
  r.mix = parts.at("train_mix");
  r.module = parts.at("train_module");
}

}  // namespace

std::vector<LabTask> Recipe::targets() const {
  std::vector<LabTask> all = development;
  for (const auto* more : {&evaluation, &controls})
    all.insert(all.end(), more->begin(), more->end());
  return all;
}

Recipe read_recipe(const std::filesystem::path& file, std::optional<uint64_t> seed) {
  static const RecipeKeys keys{
      .needed = {"seed", "rows", "model", "templates", "hidden", "development", "evaluation",
                 "controls", "held_out", "modules", "ranks", "train_lookups", "train_mix",
                 "train_module"},
      .optional = {"refuse"}};
  Made made;
  fill(read_parts(file, keys), made);
  made.recipe.text = recipe_text(file, seed);
  made.recipe.seed = seed.value_or(made.recipe.seed);
  return made.recipe;
}

}  // namespace lorahub::lab
