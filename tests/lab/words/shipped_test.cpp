// What lies in configs/ is what the word lab's recipe makes: its files have the recorded hashes,
// its rows are those that the generators give.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/sha256.hpp"
#include "lab/lab_folders.hpp"
#include "lab/words/shipped_words.hpp"
#include "lab/words/word_rows.hpp"

namespace lorahub::lab::words {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kRepositoryConfigs = SOURCE_DIR "/configs";

TEST(ShippedWords, FilesHaveTheHashesThatTheirMakingRecorded) {
  const json hashes = json::parse(read_all(kWords / "hashes.json")).at("files");
  size_t files = 0;
  uintmax_t bytes = 0;
  for (const char* folder : {"library/words", "tasks/words"})
    for (const auto& entry : fs::recursive_directory_iterator(kRepositoryConfigs / folder)) {
      const std::string name = fs::relative(entry.path(), kRepositoryConfigs).generic_string();
      if (!entry.is_regular_file() || entry.path().filename().string().starts_with("index.json"))
        continue;
      ASSERT_TRUE(hashes.contains(name)) << name;
      EXPECT_EQ(hashes.at(name), base::sha256_file(entry.path())) << name;
      ++files;
      bytes += entry.file_size();
    }
  EXPECT_EQ(hashes.at("library/words.yaml"),
            base::sha256_file(kRepositoryConfigs / "library/words.yaml"));
  EXPECT_EQ(hashes.at("recipe.yaml"), base::sha256_file(kWords / "recipe.yaml"));
  EXPECT_EQ(files + 2, hashes.size());  // none of them is missing
  EXPECT_LT(bytes, 20'000'000U);
}

void expect_rows(const fs::path& file, const Rows& rows) {
  const fs::path made = fresh_folder("shipped_words") / "rows.jsonl";
  write_rows(made, rows);
  EXPECT_EQ(read_all(made), read_all(file)) << file;
}

TEST(ShippedWords, RowsAreThoseThatTheRecipeGives) {
  const WordRecipe recipe = shipped_words();
  const fs::path tasks = kRepositoryConfigs / "tasks/words";
  for (const WordTask& task : recipe.unseen()) {
    const UnseenRows rows = unseen_rows(recipe, task);
    expect_rows(tasks / "unseen" / task.name / "pool.jsonl", rows.pool);
    expect_rows(tasks / "unseen" / task.name / "test.jsonl", rows.test);
  }
  for (const WordTask& task : recipe.modules)
    expect_rows(tasks / "upstream" / (task.name + ".jsonl"), upstream_rows(recipe, task).card);
}

}  // namespace
}  // namespace lorahub::lab::words
