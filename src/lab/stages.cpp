#include "lab/stages.hpp"

#include <algorithm>
#include <cassert>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/escape.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "lab/lab_folders.hpp"
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
  write_pieces(lab.folder, recipe);
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

std::string quoted(const std::string& text) { return base::json_text(nlohmann::json(text)); }

struct Training {
  std::string name;  // of the model that it starts from
  fs::path model, data, out;
  uint64_t seed = 1;
};

train::TrainingConfig config(const study::Value& settings, const Training& training,
                             std::vector<study::Setting> more) {
  const std::string data = fs::absolute(training.data).string();
  more.insert(more.end(), {{"model", quoted(fs::absolute(training.model).string())},
                           {"data", quoted(data)},
                           {"out", quoted(training.out.string())},
                           {"seed", base::format("{}", training.seed)}});
  train::TrainingConfig config = train::read_config(settings, more);
  config.model = config.base_name = training.name;  // the folder's own place says nothing to others
  return config;
}

std::string trained(const train::TrainingConfig& config,
                    const train::TrainingResources& resources) {
  const train::OneTraining training = train::trainings(config).front();
  return train::train_one(config, training, resources) ? "trained" : "is there";
}

std::string make_lookups(const Lab& lab, const train::TrainingResources& resources) {
  const Folders folders{lab.folder};
  need(folders.start() / "config.json", Stage::vocabulary);
  need(folders.lookup_rows(), Stage::rows);
  const Training training{.name = "start",
                          .model = folders.start(),
                          .data = folders.lookup_rows(),
                          .out = folders.lookups(),
                          .seed = lab.recipe.seed};
  return trained(config(lab.recipe.lookups, training, {}), resources);
}

std::string make_base(const Lab& lab, const train::TrainingResources& resources) {
  const Folders folders{lab.folder};
  need(folders.lookups() / "training.json", Stage::lookups);
  const Training training{.name = "lookups",
                          .model = folders.lookups(),
                          .data = folders.mix_rows(),
                          .out = folders.model(),
                          .seed = lab.recipe.seed};
  return trained(config(lab.recipe.mix, training, {}), resources);
}

// "r16/find_letter"
std::string make_module(const Lab& lab, const std::string& part,
                        const train::TrainingResources& resources) {
  const Folders folders{lab.folder};
  need(folders.model() / "training.json", Stage::base);
  const size_t slash = part.find('/');
  const std::string rank = part.substr(1, slash - 1), name = part.substr(slash + 1);
  // Another start for each module, the same for all ranks of it.
  base::Stream stream(lab.recipe.seed, "lab/start/" + name);
  const Training training{.name = "mini",
                          .model = folders.model(),
                          .data = folders.module_rows(name),
                          .out = folders.library() / part,
                          .seed = stream.bits()};
  return trained(config(lab.recipe.module, training,
                        {{"rank", rank},
                         {"alpha", base::format("{}", 2 * std::stoi(rank))},
                         {"test", quoted(fs::absolute(folders.card_rows(name)).string())}}),
                 resources);
}

}  // namespace

const std::vector<std::string>& stages() {
  static const std::vector<std::string> names{"rows",    "vocabulary", "lookups", "base",
                                              "modules", "check",      "hashes"};
  return names;
}

void claim(const Lab& lab, lora::Force force) {
  const fs::path note = lab.folder / "recipe.yaml";
  const fs::file_type type = lora::own_type(lab.folder);
  base::check(
      force == lora::Force::yes || type == fs::file_type::not_found ||
          (type == fs::file_type::directory && (fs::exists(note) || fs::is_empty(lab.folder))),
      "{}: holds something that is no lab (it could be lost), choose another folder or give "
      "--force",
      lab.folder.string());
  base::check(!fs::exists(note) || base::read_file(note) == lab.recipe.text,
              "{}: is of another recipe or seed (its parts would be mixed with these), choose "
              "another folder or remove it",
              lab.folder.string());
  if (!fs::exists(note)) base::write_file(note, lab.recipe.text);
}

std::vector<std::string> parts(const Lab& lab, Stage stage) {
  if (stage != Stage::modules) return {stages()[static_cast<size_t>(stage)]};
  std::vector<std::string> all;
  for (const int rank : lab.recipe.ranks)
    for (const LabTask& task : lab.recipe.modules)
      all.push_back(base::format("r{}/{}", rank, task.name));
  return all;
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
      return write_hashes(lab);
  }
  return "";
}

}  // namespace lorahub::lab
