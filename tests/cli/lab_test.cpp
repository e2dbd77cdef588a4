// `lorahub lab` as a user runs it, with a world in which every stage takes a second or two.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/sha256.hpp"
#include "cli/mini_lab.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

namespace fs = std::filesystem;

std::string replaced(const std::string& text, const std::string& pattern, const std::string& by) {
  const std::regex regex(pattern);
  EXPECT_TRUE(std::regex_search(text, regex)) << pattern;
  return std::regex_replace(text, regex, by);
}

// The shipped recipe, smaller: three modules at two ranks, rows by the hundred, one layer a stack.
fs::path small_recipe(const fs::path& folder) {
  std::string text = read_all(SOURCE_DIR "/experiments/lab/recipe.yaml");
  text = replaced(text, "\\.\\./\\.\\./configs", SOURCE_DIR "/configs");
  text =
      replaced(text, "modules: \\[[^\\]]*\\]", "modules: [find_letter, add_roman, hid_rev_comma]");
  text = replaced(text, "ranks: [^\n]*", "ranks: [2, 4]");
  text = replaced(text, "lookups: 128000", "lookups: 640");
  text = replaced(text, "mix: 420000", "mix: 900");
  text = replaced(text, "few_shot: 30000", "few_shot: 64");
  text = replaced(text, "module: 2000", "module: 100");
  text = replaced(text, "card: 50", "card: 10");
  text = replaced(text, "check: 60", "check: 2");
  text = replaced(text, "test: 200", "test: 20");
  text = replaced(text, "steps: 100", "steps: 8");
  text = replaced(text, "held_out: 200", "held_out: 20");
  text = replaced(text, "d_model: 128, d_kv: 32, d_ff: 256", "d_model: 32, d_kv: 8, d_ff: 32");
  text = replaced(text, "encoder_layers: 4, decoder_layers: 2",
                  "encoder_layers: 1, decoder_layers: 1");
  text = replaced(text, "checkpoint: 60", "checkpoint: 0.2");
  std::ofstream(folder / "recipe.yaml") << text;
  return folder / "recipe.yaml";
}

Ended lab(const fs::path& folder, const std::string& more, const std::string& launcher = "") {
  return run_command(launcher + " " PROGRAM " lab " + quoted(folder / "lab") +
                     " --quiet --recipe " + quoted(folder / "recipe.yaml") + " " + more);
}

const std::map<std::string, std::string>& made_alone() {
  static const auto files = [] {
    const auto folder = fresh_folder("lab_alone");
    small_recipe(folder);
    const Ended ended = lab(folder, "--threads 1");
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_NE(ended.out.find("r4/find_letter: trained"), std::string::npos) << ended.out;
    return files_of(folder / "lab");
  }();
  return files;
}

TEST(Lab, finds_the_recipes_that_came_with_it_from_any_folder) {
  const auto folder = fresh_folder("lab_elsewhere");
  const Ended ended =
      run_command("cd " + quoted(folder) + " && " PROGRAM " lab made --quiet --only rows");
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(read_all(folder / "made/tasks/mini/unseen/E1_isa_letter/test.jsonl"),
            read_all(SOURCE_DIR "/configs/tasks/mini/unseen/E1_isa_letter/test.jsonl"));
}

TEST(Lab, has_the_layout_of_configs_and_hashes_of_every_file) {
  const auto& files = made_alone();
  for (const char* name :
       {"model/mini/model.safetensors", "model/mini/spiece.model", "model/mini.yaml",
        "library/mini/r2/add_roman/adapter_model.safetensors",
        "library/mini/r4/add_roman/README.md", "library/mini.yaml", "tasks/mini/all.yaml",
        "tasks/mini/unseen/D1_min_letter/pool.jsonl", "tasks/mini/unseen/C3_max_odd/own_form.jsonl",
        "tasks/mini/upstream/hid_rev_comma.jsonl", "measured.json", "recipe.yaml"})
    EXPECT_TRUE(files.contains(name)) << name;
  const auto hashes = nlohmann::json::parse(files.at("hashes.json"));
  EXPECT_FALSE(hashes.at("cpu").get<std::string>().empty());
  size_t outside = 0;
  for (const auto& [name, bytes] : files) {
    if (name.starts_with("work/") || name == "hashes.json") continue;
    ++outside;
    EXPECT_EQ(hashes.at("files").at(name), base::sha256(bytes)) << name;
  }
  EXPECT_EQ(hashes.at("files").size(), outside);
}

TEST(Lab, is_the_same_from_two_ranks_after_kills) {
  const auto folder = fresh_folder("lab_kills");
  small_recipe(folder);
  Ended ended{.code = -1};
  int kills = 0;
  for (int milliseconds = 1500; ended.code != 0; milliseconds = milliseconds * 3 / 2) {
    ended = lab(folder, "",
                "timeout -s KILL " + std::to_string(milliseconds / 1000.0) + " mpirun -np 2");
    ASSERT_LT(++kills, 30) << ended.err;
  }
  EXPECT_GT(kills, 1);
  EXPECT_EQ(files_of(folder / "lab"), made_alone());
}

TEST(Lab, answers_a_study) {
  const auto folder = fresh_folder("lab_study");
  for (const auto& [name, bytes] : made_alone()) {
    fs::create_directories((folder / "configs" / name).parent_path());
    std::ofstream(folder / "configs" / name, std::ios::binary) << bytes;
  }
  std::ofstream(folder / "s.yaml")
      << "question: Does it run?\nuses: {model: mini, library: mini, tasks: mini/development}\n"
         "set: {modules: 2, method: lorahub, search.budget: 10, task: D1_min_letter, seed: 1}\n"
         "vary: {rank: [2, 4]}\n";
  const Ended ended = run_command(PROGRAM " run " + quoted(folder / "s.yaml") + " --quiet --out " +
                                  quoted(folder / "out"));
  EXPECT_EQ(ended.code, 0) << ended.err;
}

TEST(Lab, refuses_what_does_not_fit) {
  const auto folder = fresh_folder("lab_refuses");
  small_recipe(folder);
  Ended ended = lab(folder, "--only modules");
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("training.json is missing (it is made by the stage 'base')"),
            std::string::npos)
      << ended.err;
  EXPECT_EQ(lab(folder, "--only vocabulary").code, 0);
  ended = lab(folder, "--only vocabulary --seed 2");
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("is of another recipe or seed"), std::string::npos) << ended.err;
  EXPECT_EQ(lab(folder, "--only vocabluary").code, 2);
  ended = run_command(PROGRAM " lab " + quoted(folder / "other") + " --recipe none.yaml");
  EXPECT_EQ(ended.code, 2);
  EXPECT_FALSE(fs::exists(folder / "other"));
}

}  // namespace
}  // namespace lorahub
