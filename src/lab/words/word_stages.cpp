#include "lab/words/word_stages.hpp"

#include "base/check.hpp"
#include "base/files.hpp"
#include "lab/lab_folders.hpp"
#include "lab/lab_training.hpp"
#include "lab/words/word_rows.hpp"

namespace lorahub::lab::words {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names(const std::vector<WordTask>& tasks) {
  std::vector<std::string> all;
  for (const WordTask& task : tasks) all.push_back(task.name);
  return all;
}

class WordLaboratory : public Laboratory {
 public:
  WordLaboratory(WordRecipe recipe, const LabSource& source)
      : recipe_(std::move(recipe)),
        folders_{.lab = source.folder,
                 .name = "words",
                 .title = "The word lab",
                 .guide = "experiments/words"},
        environment_(source.environment) {}

  const std::string& recipe() const override { return recipe_.text; }
  const std::vector<std::string>& stages() const override {
    static const std::vector<std::string> all{"rows", "modules", "hashes"};
    return all;
  }

  std::vector<std::string> parts(const std::string& stage) const override {
    if (stage != "modules") return {stage};
    return module_parts(recipe_.ranks, names(recipe_.modules));
  }

  std::string do_part(const std::string& stage, const std::string& part,
                      const train::TrainingResources& resources) const override {
    if (stage == "rows") return make_rows();
    if (stage == "modules") return make_module(part, resources);
    return write_hashes(folders_.lab, {.seed = recipe_.seed, .environment = environment_});
  }

 private:
  std::string make_rows() const {
    for (const WordTask& task : recipe_.unseen()) {
      const UnseenRows rows = unseen_rows(recipe_, task);
      write_rows(folders_.unseen() / task.name / "pool.jsonl", rows.pool);
      write_rows(folders_.unseen() / task.name / "test.jsonl", rows.test);
    }
    for (const WordTask& task : recipe_.modules) {
      const Upstream rows = upstream_rows(recipe_, task);
      write_rows(folders_.module_rows(task.name), rows.train);
      write_rows(folders_.card_rows(task.name), rows.card);
    }
    write_task_lists(folders_, {.development = names(recipe_.development()),
                                .evaluation = names(recipe_.evaluation()),
                                .controls = names(recipe_.controls)});
    write_library(folders_, recipe_.ranks);
    return base::format("{} targets and controls, {} upstream tasks", recipe_.unseen().size(),
                        recipe_.modules.size());
  }

  std::string make_module(const std::string& part,
                          const train::TrainingResources& resources) const {
    const auto [rank, module] = module_part(part);
    const fs::path rows = folders_.module_rows(module);
    base::check(fs::exists(rows), "{} is missing (it is made by the stage 'rows'), run that first",
                rows.string());
    const LabTraining training{.base_name = recipe_.base_name,
                               .model = recipe_.model,
                               .data = rows,
                               .out = folders_.library() / part,
                               .seed = module_seed(recipe_.seed, module)};
    return trained(training_config(recipe_.module, training,
                                   module_settings(rank, folders_.card_rows(module))),
                   resources);
  }

  WordRecipe recipe_;
  Folders folders_;
  std::map<std::string, std::string> environment_;
};

}  // namespace

std::unique_ptr<Laboratory> open(const fs::path& file, const LabSource& source) {
  return std::make_unique<WordLaboratory>(read_word_recipe(file, source.seed), source);
}

}  // namespace lorahub::lab::words
