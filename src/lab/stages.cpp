#include "lab/stages.hpp"

#include <algorithm>
#include <cassert>

#include "base/check.hpp"
#include "base/files.hpp"
#include "lab/lab_folders.hpp"
#include "lab/lab_training.hpp"
#include "lab/quality.hpp"
#include "lab/rows.hpp"
#include "lab/start.hpp"
#include "lab/vocabulary.hpp"
#include "text/tokenizer.hpp"

namespace lorahub::lab {
namespace {

namespace fs = std::filesystem;

void need(const fs::path& path, Stage stage) {
  base::check(fs::exists(path), "{} is missing (it is made by the stage '{}'), run that first",
              path.string(), stages()[static_cast<size_t>(stage)]);
}

std::vector<std::string> names(const std::vector<LabTask>& tasks) {
  std::vector<std::string> all;
  for (const LabTask& task : tasks) all.push_back(task.name);
  return all;
}

std::string make_rows(const Lab& lab) {
  const Folders folders{lab.folder};
  const Recipe& recipe = lab.recipe;
  for (const LabTask& task : recipe.targets()) {
    const Target target = target_rows(recipe, task);
    const fs::path folder = folders.unseen() / task.name;
    write_rows(folder / "pool.jsonl", target.pool);
    write_rows(folder / "test.jsonl", target.test);
    write_answers(folder / "own_form.jsonl", target.own);
  }
  write_base(folders);
  write_library(folders, recipe.ranks);
  write_task_lists(folders, {.development = names(recipe.development),
                             .evaluation = names(recipe.evaluation),
                             .controls = names(recipe.controls)});
  const Prompts unseen = unseen_prompts(recipe);
  for (const LabTask& task : recipe.modules) {
    const Upstream rows = module_rows(recipe, task, unseen);
    write_rows(folders.module_rows(task.name), rows.train);
    write_rows(folders.card_rows(task.name), rows.card);
  }
  write_rows(folders.lookup_rows(), lookup_rows(recipe, unseen));
  write_rows(folders.mix_rows(), mix_rows(recipe, unseen));
  return base::format("{} targets, {} upstream tasks", recipe.targets().size(),
                      recipe.modules.size());
}

std::string make_start(const Lab& lab) {
  const Words words = vocabulary(lab.recipe);
  const Folders folders{lab.folder};
  const std::string pieces = train_pieces(words);
  base::write_file(folders.start() / "spiece.model", pieces);
  model::t5::T5Config config = lab.recipe.model;
  config.vocabulary = piece_count(folders.start() / "spiece.model");
  write_start(folders.start(), start_network(config, lab.recipe.seed), pieces);
  const auto tokenizer = text::load_tokenizer(folders.start());
  for (const std::string& word : words)
    base::check(tokenizer->encode(word).size() == 2,
                "the word '{}' is not one piece (every word of the lab must be), rename it", word);
  return base::format("{} words, {} pieces", words.size(), config.vocabulary);
}

std::string make_lookups(const Lab& lab, const train::TrainingResources& resources) {
  const Folders folders{lab.folder};
  need(folders.start() / "config.json", Stage::vocabulary);
  need(folders.lookup_rows(), Stage::rows);
  const LabTraining training{.base_name = "start",
                             .model = folders.start(),
                             .data = folders.lookup_rows(),
                             .out = folders.lookups(),
                             .seed = lab.recipe.seed};
  return trained(training_config(lab.recipe.lookups, training, {}), resources);
}

std::string make_base(const Lab& lab, const train::TrainingResources& resources) {
  const Folders folders{lab.folder};
  need(folders.lookups() / "training.json", Stage::lookups);
  const LabTraining training{.base_name = "lookups",
                             .model = folders.lookups(),
                             .data = folders.mix_rows(),
                             .out = folders.model(),
                             .seed = lab.recipe.seed};
  return trained(training_config(lab.recipe.mix, training, {}), resources);
}

std::string make_module(const Lab& lab, const std::string& part,
                        const train::TrainingResources& resources) {
  const Folders folders{lab.folder};
  need(folders.model() / "training.json", Stage::base);
  const auto [rank, module] = module_part(part);
  const LabTraining training{.base_name = "mini",
                             .model = folders.model(),
                             .data = folders.module_rows(module),
                             .out = folders.library() / part,
                             .seed = module_seed(lab.recipe.seed, module)};
  return trained(training_config(lab.recipe.module, training,
                                 module_settings(rank, folders.card_rows(module))),
                 resources);
}

}  // namespace

const std::vector<std::string>& stages() {
  static const std::vector<std::string> names{"rows",    "vocabulary", "lookups", "base",
                                              "modules", "check",      "hashes"};
  return names;
}

std::vector<std::string> parts(const Lab& lab, Stage stage) {
  if (stage != Stage::modules) return {stages()[static_cast<size_t>(stage)]};
  return module_parts(lab.recipe.ranks, names(lab.recipe.modules));
}

std::string do_part(const Lab& lab, Stage stage, const std::string& part,
                    const train::TrainingResources& resources) {
  switch (stage) {
    case Stage::rows:
      return make_rows(lab);
    case Stage::vocabulary:
      return make_start(lab);
    case Stage::lookups:
      return make_lookups(lab, resources);
    case Stage::base:
      return make_base(lab, resources);
    case Stage::modules:
      return make_module(lab, part, resources);
    case Stage::check:
      return write_measured(lab, resources);
    case Stage::hashes:
      return write_hashes(lab.folder, {.seed = lab.recipe.seed, .environment = lab.environment});
  }
  return "";
}

}  // namespace lorahub::lab
