// One module trained anew on the shipped base, as the recipe says, meets the figures recorded for
// it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../process.hpp"
#include "lab/lab_folders.hpp"
#include "lab/stages.hpp"
#include "lora/library.hpp"
#include "model/families.hpp"

namespace lorahub::lab {
namespace {

namespace fs = std::filesystem;

TEST(Module, retrained_on_the_shipped_base_meets_its_figures) {
  Lab lab{.recipe = read_recipe(SOURCE_DIR "/experiments/lab/recipe.yaml", {}),
          .folder = fresh_folder("lab_module"),
          .environment = {}};
  const Folders folders{lab.folder};
  const auto task = std::ranges::find(lab.recipe.modules, "find_letter", &LabTask::name);
  const Upstream rows = module_rows(lab.recipe, *task, unseen_prompts(lab.recipe));
  write_rows(folders.module_rows(task->name), rows.train);
  write_rows(folders.card_rows(task->name), rows.card);
  fs::create_directories(folders.model().parent_path());
  fs::copy(SOURCE_DIR "/configs/model/mini", folders.model());
  std::ofstream(folders.model() / "training.json") << "{}";  // the base stage is done
  EXPECT_EQ(do_part(lab, Stage::modules, "r16/find_letter", {.threads = 2}), "trained");
  const fs::path out = folders.library() / "r16/find_letter";
  const auto card = nlohmann::json::parse(read_all(out / "training.json"));
  EXPECT_EQ(card.at("before").at("accuracy"), 0);
  // Recorded on this base: accuracy 100 %, loss 0.00066. One row of 50 may fall, and the loss may
  // differ as much as between two seeds of a module (other processors round otherwise).
  EXPECT_NEAR(card.at("after").at("accuracy"), 100, 2);
  EXPECT_NEAR(card.at("after").at("loss"), 0.00066, 0.005);
  EXPECT_EQ(card.at("steps"), 100);
  const lora::Module module =
      lora::read_module(out, "m", *model::read_architecture(folders.model()));
  EXPECT_EQ(module.rank, 16);
  EXPECT_EQ(module.alpha, 32);
  EXPECT_EQ(module.slots.size(), 16U);
  EXPECT_LT(fs::file_size(out / "adapter_model.safetensors"), 140'000U);  // f16
  EXPECT_EQ(do_part(lab, Stage::modules, "r16/find_letter", {.threads = 2}), "is there");
}

}  // namespace
}  // namespace lorahub::lab
