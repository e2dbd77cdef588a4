#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/sha256.hpp"
#include "task/task.hpp"

namespace lorahub::task {
namespace {

// All 3,811 few-shot prompts of LoraHub's split, from the pool rows that they show.
TEST(IclPrompt, IsLoraHubsByteForByte) {
  const auto golden =
      nlohmann::json::parse(base::read_file(SOURCE_DIR "/tests/golden/icl/golden.json"));
  const std::filesystem::path data = SOURCE_DIR "/configs/tasks/lorahub_bbh";
  int prompts = 0;
  for (const auto& [name, task] : golden["tasks"].items()) {
    const auto pool = read_examples(data / name / "example.jsonl");
    const auto test = read_examples(data / name / "zero_shot.jsonl");
    std::vector<Example> shots;
    for (const size_t row : task["demonstrations"]) shots.push_back(pool.at(row));
    ASSERT_EQ(test.size(), task["sha256"].size()) << name;
    if (task.contains("first")) {
      EXPECT_EQ(icl_prompt(shots, test[0].input), task["first"].get<std::string>());
    }
    for (size_t i = 0; i < test.size(); ++i, ++prompts)
      ASSERT_EQ(base::sha256(icl_prompt(shots, test[i].input)).substr(0, 16),
                task["sha256"][i].get<std::string>())
          << name << " row " << i;
  }
  EXPECT_EQ(prompts, 3811);
}

TEST(IclPrompt, ShortRowsUseTheMiniLabsArrows) {
  EXPECT_EQ(
      icl_prompt({{"find the difference = 12 , 10", "i i"}, {"subtract = 16 , 2", "x i v"}},
                 "subtract = 8 , 8"),
      "find the difference = 12 , 10 => i i ; subtract = 16 , 2 => x i v ; subtract = 8 , 8 =>");
}

TEST(IclPrompt, ADescriptionIsSaidOnceOnlyWhereAllShareIt) {
  EXPECT_EQ(icl_prompt({{"Sort.\n\nQ: b a\nA:", "a b"}}, "Sort.\n\nQ: d c\nA:"),
            "Sort.\n\nQ: b a\nA:a b\n\nQ: d c\nA:");
  EXPECT_EQ(icl_prompt({{"Sort.\n\nQ: b a\nA:", "a b"}}, "Order.\n\nQ: d c\nA:"),
            "Sort.\n\nQ: b a\nA:a b\n\nOrder.\n\nQ: d c\nA:");
}

TEST(IclPrompt, AnAnswerStandsOnItsOwnLineWhereNoColonAsksForIt) {
  EXPECT_EQ(icl_prompt({{"Which?\n(A) x", "(A)"}}, "Who?\n(A) y"),
            "Which?\n(A) x\n(A)\n\nWho?\n(A) y");
}

TEST(IclPrompt, WithoutShotsIsTheQuestion) { EXPECT_EQ(icl_prompt({}, "1 + 1"), "1 + 1"); }

}  // namespace
}  // namespace lorahub::task
