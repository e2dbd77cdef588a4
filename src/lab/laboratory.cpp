#include "lab/laboratory.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "lab/stages.hpp"
#include "lab/words/word_recipe.hpp"
#include "lab/words/word_stages.hpp"
#include "study/pieces.hpp"

namespace lorahub::lab {
namespace {

namespace fs = std::filesystem;

// The mini-lab.
class MiniLaboratory : public Laboratory {
 public:
  explicit MiniLaboratory(Lab lab) : lab_(std::move(lab)) {}

  const std::string& recipe() const override { return lab_.recipe.text; }
  const std::vector<std::string>& stages() const override { return lab::stages(); }
  std::vector<std::string> parts(const std::string& stage) const override {
    return lab::parts(lab_, find(stage));
  }
  std::string do_part(const std::string& stage, const std::string& part,
                      const train::TrainingResources& resources) const override {
    return lab::do_part(lab_, find(stage), part, resources);
  }

 private:
  static Stage find(const std::string& stage) {
    return static_cast<Stage>(std::ranges::find(lab::stages(), stage) - lab::stages().begin());
  }

  Lab lab_;
};

// The recipes that come with the program lie beside its pieces, wherever it is called.
fs::path recipe_file(const std::string& name) {
  if (name != "mini" && name != "words") return name;
  const std::string folder = name == "mini" ? "experiments/lab" : "experiments/words";
  return study::ConfigPath("").find("../" + folder, "recipe").value_or(folder + "/recipe.yaml");
}

}  // namespace

const std::vector<std::string>& stage_names() {
  return lab::stages();
}  // the word lab's are of them

std::unique_ptr<Laboratory> open(const LabSource& source) {
  const fs::path file = recipe_file(source.recipe);
  if (words::is_word_recipe(file)) return words::open(file, source);
  return std::make_unique<MiniLaboratory>(Lab{.recipe = read_recipe(file, source.seed),
                                              .folder = source.folder,
                                              .environment = source.environment});
}

std::vector<std::string> stages(const Laboratory& lab, const std::string& only) {
  if (only.empty()) return lab.stages();
  base::check(std::ranges::count(lab.stages(), only) == 1,
              "--only {}: this lab has no such stage (it has: {}), name one of these", only,
              base::join(lab.stages(), ", "));
  return {only};
}

void claim(const fs::path& folder, const std::string& recipe, lora::Force force) {
  const fs::path note = folder / "recipe.yaml";
  const fs::file_type type = lora::own_type(folder);
  base::check(
      force == lora::Force::yes || type == fs::file_type::not_found ||
          (type == fs::file_type::directory && (fs::exists(note) || fs::is_empty(folder))),
      "{}: holds something that is no lab (it could be lost), choose another folder or give "
      "--force",
      folder.string());
  base::check(!fs::exists(note) || base::read_file(note) == recipe,
              "{}: is of another recipe or seed (its parts would be mixed with these), choose "
              "another folder or remove it",
              folder.string());
  if (!fs::exists(note)) base::write_file(note, recipe);
}

}  // namespace lorahub::lab
