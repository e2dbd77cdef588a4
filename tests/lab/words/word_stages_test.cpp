// `lorahub lab --recipe` with words, as a user runs it, on a tiny decoder-only model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/sha256.hpp"
#include "cli/mini_lab.hpp"
#include "cli/tiny_decoder.hpp"
#include "lab/words/shipped_words.hpp"

namespace lorahub::lab::words {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class WordLab : public testing::Test {
 protected:
  Ended lab(const std::string& more) const {
    return run_command(PROGRAM " lab " + quoted(recipe_.folder / "lab") +
                       " --quiet --threads 1 --recipe " + quoted(recipe_.folder / "recipe.yaml") +
                       " " + more);
  }

  SmallRecipe recipe_{"word_lab"};
  TinyDecoder model_{recipe_.folder / "model"};
  fs::path written_ = recipe_.write();
};

TEST_F(WordLab, HasTheLayoutOfConfigsAndHashesOfEveryFile) {
  const Ended ended = lab("");
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("r2/past_plain: trained"));
  const auto files = files_of(recipe_.folder / "lab");
  for (const char* name :
       {"library/words/r2/past_plain/adapter_model.safetensors",
        "library/words/r2/word_upper/README.md", "library/words.yaml", "tasks/words/all.yaml",
        "tasks/words/unseen.yaml", "tasks/words/controls.yaml",
        "tasks/words/unseen/past_upper/pool.jsonl", "tasks/words/unseen/past_brack/test.jsonl",
        "tasks/words/upstream/past_plain.jsonl", "recipe.yaml"})
    EXPECT_TRUE(files.contains(name)) << name;
  const auto hashes = nlohmann::json::parse(files.at("hashes.json")).at("files");
  size_t outside = 0;
  for (const auto& [name, bytes] : files) {
    if (name.starts_with("work/") || name == "hashes.json") continue;
    ++outside;
    EXPECT_EQ(hashes.at(name), base::sha256(bytes)) << name;
  }
  EXPECT_EQ(hashes.size(), outside);
  const auto adapter =
      nlohmann::json::parse(files.at("library/words/r2/past_plain/adapter_config.json"));
  EXPECT_EQ(adapter.at("base_model_name_or_path"), "some/base");
  EXPECT_EQ(adapter.at("r"), 2);
  EXPECT_EQ(adapter.at("lora_alpha"), 4);
}

TEST_F(WordLab, GivesTheSameBytesTwice) {
  ASSERT_EQ(lab("").code, 0);
  const auto once = files_of(recipe_.folder / "lab");
  EXPECT_EQ(lab("").code, 0);  // done already
  EXPECT_EQ(files_of(recipe_.folder / "lab"), once);
  fs::remove_all(recipe_.folder / "lab");
  ASSERT_EQ(lab("").code, 0);
  EXPECT_EQ(files_of(recipe_.folder / "lab"), once);
}

TEST_F(WordLab, TakesAModelOfTheHuggingFaceCache) {
  ASSERT_EQ(lab("").code, 0);
  const auto by_folder = files_of(recipe_.folder / "lab/library");
  fs::remove_all(recipe_.folder / "lab");
  const fs::path snapshots = recipe_.folder / "cache/models--some--tiny/snapshots";
  fs::create_directories(snapshots);
  fs::rename(model_.folder(), snapshots / "0123abcd");
  recipe_.write("model: model", "model: some/tiny");
  setenv("HF_HUB_CACHE", (recipe_.folder / "cache").c_str(), 1);
  const Ended ended = lab("");
  unsetenv("HF_HUB_CACHE");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(files_of(recipe_.folder / "lab/library"), by_folder);
}

TEST_F(WordLab, AnswersAStudy) {
  ASSERT_EQ(lab("").code, 0);
  const fs::path made = recipe_.folder / "lab";
  fs::create_directories(made / "model");
  std::ofstream(made / "model/tiny.yaml") << "model: " << model_.folder().string() << "\n";
  std::ofstream(recipe_.folder / "s.yaml")
      << "question: Does it run?\nuses: {model: tiny, library: words, tasks: words/all}\n"
         "set: {modules: 2, shots: 3, search.budget: 6, search.population: 3, seed: 1}\n"
         "vary: {task: [past_upper, female_plain], method: [zero_shot, lorahub, lora_tuning]}\n";
  const Ended ended = run_command("LORAHUB_CONFIGS=" + quoted(made) + " " PROGRAM " run " +
                                  quoted(recipe_.folder / "s.yaml") + " --quiet --out " +
                                  quoted(recipe_.folder / "out"));
  EXPECT_EQ(ended.code, 0) << ended.err;
}

TEST_F(WordLab, RefusesWhatDoesNotFit) {
  Ended ended = lab("--only vocabulary");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("this lab has no such stage (it has: rows, modules, hashes)"));
  ended = lab("--only modules");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("past_plain.jsonl is missing (it is made by the stage 'rows')"));
  EXPECT_EQ(lab("--only rows").code, 0);
  EXPECT_THAT(lab("--only rows --seed 2").err, HasSubstr("is of another recipe or seed"));
  fs::remove(model_.folder() / "config.json");
  ended = lab("--only modules");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr(model_.folder().string()));
}

}  // namespace
}  // namespace lorahub::lab::words
