#include "lab/words/word_recipe.hpp"

#include <algorithm>
#include <set>

#include "base/check.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "lab/recipe_reader.hpp"

namespace lorahub::lab::words {
namespace {

using study::fail_at;
using study::Value;

void check_name(const study::Entry& entry, const char* what) {
  const bool plain = base::is_file_name(entry.key) && entry.key.find('_') == std::string::npos;
  if (!plain)
    fail_at(entry.value,
            "'{}' can't name a {} (tasks are called skill_form), use letters and digits",
            base::printable_line(entry.key), what);
}

// The two keys of a skill, {list: past, ask: "..."}.
WordSkill read_skill(const Value& value, const std::filesystem::path& lists) {
  WordSkill skill;
  for (const study::Entry& entry : study::entries(value)) {
    if (entry.key == "ask") {
      skill.ask = study::scalar(entry.value);
      check_question(entry.value, skill.ask);
    } else if (entry.key == "list") {
      const std::string name = study::scalar(entry.value);
      if (!base::is_file_name(name))
        fail_at(entry.value, "'{}' can't be the name of a list", base::printable_line(name));
      skill.list = at(entry.value, [&] { return read_word_list(lists / (name + ".tsv")); });
    } else {
      fail_at(entry.value, "a skill has no '{}', give it `ask` and `list`", entry.key);
    }
  }
  if (skill.ask.empty() || skill.list.empty())
    fail_at(value, "a skill needs `ask` and `list`, write {{list: past, ask: \"... {{word}}\"}}");
  return skill;
}

template <class Map>
void check_known(const Map& known, const std::string& name, const Value& value) {
  if (known.contains(name)) return;
  std::vector<std::string> names;
  for (const auto& [key, content] : known) names.push_back(key);
  fail_at(value, "no skill or form '{}' (there are: {}){}", base::printable_line(name),
          base::join(names, ", "), base::did_you_mean(name, names));
}

WordTask read_task(const Value& value, const WordRecipe& recipe) {
  const std::string name = study::scalar(value);
  const std::vector<std::string> parts = base::split(name, '_');
  if (parts.size() != 2)
    fail_at(value, "'{}' does not say skill and form, write it as past_brack",
            base::printable_line(name));
  check_known(recipe.skills, parts[0], value);
  check_known(recipe.forms, parts[1], value);
  return {.name = name, .skill = parts[0], .form = parts[1]};
}

// `seen`: the tasks of the recipe so far.
std::vector<WordTask> read_tasks(const Value& value, const WordRecipe& recipe,
                                 std::set<std::string>& seen) {
  std::vector<WordTask> tasks;
  for (const Value& item : study::items(value)) {
    tasks.push_back(read_task(item, recipe));
    if (!seen.insert(tasks.back().name).second)
      fail_at(item,
              "'{}' is there already (a target that a module was trained on is not unseen), "
              "remove one of them",
              tasks.back().name);
  }
  return tasks;
}

void read_rows(const Value& value, WordRowCounts& rows) {
  const std::map<std::string, int WordRowCounts::*> fields{{"module", &WordRowCounts::module},
                                                           {"card", &WordRowCounts::card},
                                                           {"pool", &WordRowCounts::pool},
                                                           {"test", &WordRowCounts::test}};
  read_counts(value, rows, fields);
}

// The parts in the order in which they need each other.
void fill(const std::map<std::string, Value>& parts, WordRecipe& recipe) {
  recipe.seed = study::seed(parts.at("seed"));
  recipe.model = study::located_or_name(parts.at("model"));
  recipe.base_name = study::scalar(parts.at("base_name"));
  read_rows(parts.at("rows"), recipe.rows);
  const auto lists = study::located(study::scalar(parts.at("lists")), parts.at("lists"));
  for (const study::Entry& entry : study::entries(parts.at("skills"))) {
    check_name(entry, "skill");
    recipe.skills.emplace(entry.key, read_skill(entry.value, lists));
  }
  for (const study::Entry& entry : study::entries(parts.at("forms"))) {
    check_name(entry, "form");
    recipe.forms.emplace(entry.key, WordForm(entry.value));
  }
  std::set<std::string> seen;
  recipe.modules = read_tasks(parts.at("modules"), recipe, seen);
  recipe.targets = read_tasks(parts.at("targets"), recipe, seen);
  recipe.controls = read_tasks(parts.at("controls"), recipe, seen);
  for (const Value& rank : study::items(parts.at("ranks")))
    recipe.ranks.push_back(study::integer(rank, {.least = 1}));
  recipe.module = parts.at("train_module");
}

std::vector<WordTask> chosen(const std::vector<WordTask>& targets, bool development) {
  std::vector<WordTask> some;
  for (const WordTask& task : targets)
    if (in_smaller_part(task.name) == development) some.push_back(task);
  return some;
}

}  // namespace

std::vector<WordTask> WordRecipe::development() const {
  return chosen(targets, /*development=*/true);
}

std::vector<WordTask> WordRecipe::evaluation() const {
  return chosen(targets, /*development=*/false);
}

std::vector<WordTask> WordRecipe::unseen() const {
  std::vector<WordTask> all = targets;
  all.insert(all.end(), controls.begin(), controls.end());
  return all;
}

bool is_word_recipe(const std::filesystem::path& file) {
  const auto keys = study::entries(read_recipe_document(file));
  return std::ranges::any_of(keys, [](const study::Entry& entry) { return entry.key == "lists"; });
}

WordRecipe read_word_recipe(const std::filesystem::path& file, std::optional<uint64_t> seed) {
  static const RecipeKeys keys{
      .needed = {"seed", "model", "base_name", "lists", "skills", "forms", "modules", "targets",
                 "controls", "rows", "ranks", "train_module"},
      .optional = {}};
  WordRecipe recipe;
  fill(read_parts(file, keys), recipe);
  recipe.text = recipe_text(file, seed);
  recipe.seed = seed.value_or(recipe.seed);
  return recipe;
}

}  // namespace lorahub::lab::words
