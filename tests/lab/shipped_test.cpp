// What lies in configs/ is what the recipe makes: its files have the recorded hashes, and its rows
// are those that the generators give today.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../process.hpp"
#include "base/sha256.hpp"
#include "lab/lab_folders.hpp"
#include "lab/rows.hpp"

namespace lorahub::lab {
namespace {

namespace fs = std::filesystem;

const fs::path kConfigs = SOURCE_DIR "/configs";

TEST(Shipped, files_have_the_hashes_that_their_making_recorded) {
  const auto hashes =
      nlohmann::json::parse(read_all(SOURCE_DIR "/experiments/lab/hashes.json")).at("files");
  size_t files = 0;
  for (const char* folder : {"model/mini", "library/mini", "tasks/mini"})
    for (const auto& entry : fs::recursive_directory_iterator(kConfigs / folder)) {
      const std::string name = fs::relative(entry.path(), kConfigs).generic_string();
      if (!entry.is_regular_file() || name == "tasks/mini/README.md") continue;
      if (entry.path().filename().string().starts_with("index.json"))
        continue;  // `hub list` keeps it there
      ASSERT_TRUE(hashes.contains(name)) << name;
      EXPECT_EQ(hashes.at(name), base::sha256_file(entry.path())) << name;
      ++files;
    }
  // Four files a module at three ranks, three a target and four lists, a card file a module, the
  // base.
  EXPECT_EQ(files, 3 * 40 * 4 + 28 * 3 + 4 + 40 + 6);
}

void expect_shipped(const fs::path& file, const Rows& rows) {
  const fs::path made = fresh_folder("shipped") / "rows.jsonl";
  write_rows(made, rows);
  EXPECT_EQ(read_all(made), read_all(file)) << file;
}

TEST(Shipped, rows_are_those_that_the_recipe_gives) {
  const Recipe recipe = read_recipe(SOURCE_DIR "/experiments/lab/recipe.yaml", {});
  const Prompts unseen = unseen_prompts(recipe);
  for (const LabTask& task : recipe.targets()) {
    const Target target = target_rows(recipe, task);
    expect_shipped(kConfigs / "tasks/mini/unseen" / task.name / "pool.jsonl", target.pool);
    expect_shipped(kConfigs / "tasks/mini/unseen" / task.name / "test.jsonl", target.test);
  }
  for (const LabTask& task : recipe.modules)
    expect_shipped(kConfigs / "tasks/mini/upstream" / (task.name + ".jsonl"),
                   module_rows(recipe, task, unseen).card);
}

}  // namespace
}  // namespace lorahub::lab
