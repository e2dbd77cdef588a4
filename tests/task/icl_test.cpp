#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/sha256.hpp"
#include "task/task.hpp"
#include "text/prompt_pieces.hpp"

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

// A decoder-only model that goes on as the demonstrations do writes joiner, answer and what parts
// them; up to the first stop that is the answer.
TEST(IclPrompt, ADecoderThatFollowsTheDemonstrationsStopsBehindItsAnswer) {
  const std::vector<text::PromptPieces> all{{},
                                            {.stop = {"\n", " ;"}},
                                            {.stop = {"END"}},
                                            {.stop = {"###", "\n\n"}},
                                            {.joiner = "\n", .stop = {"\n"}},
                                            {.joiner = "", .stop = {"."}}};
  for (const text::PromptPieces& pieces : all) {
    const IclLayout layout = icl_layout(pieces);
    const auto imitated = [&](const Example& shot, const std::string& question) {
      const std::string with = icl_prompt({shot}, question, layout), begin = question.substr(0, 3);
      const size_t answer = with.find(shot.target), next = with.find(begin, answer);
      return with.substr(answer, next - answer) + question;
    };
    for (const auto& [shot, question] : {std::pair<Example, std::string>{{"hot", "cold"}, "up and"},
                                         {{"Q: b a\nA:", "a b"}, "Q: d c\nA:"},
                                         {{"Which?\n(A) x", "(B)"}, "Who?\n(A) y"}}) {
      const std::string text = imitated(shot, question);
      size_t end = text.size();
      for (const std::string& stop : pieces.stop) end = std::min(end, text.find(stop));
      EXPECT_EQ(text.substr(0, end), shot.target) << text;
    }
    const std::string joiner = pieces.joiner.empty() ? " " : pieces.joiner;
    EXPECT_NE(icl_prompt({{"hot", "cold"}}, "up", layout).find("hot =>" + joiner + "cold"),
              std::string::npos);
    EXPECT_NE(icl_prompt({{"Q\nA:", "x"}}, "P\nA:", layout).find("A:" + joiner + "x"),
              std::string::npos);
  }
}

TEST(IclPrompt, ADecodersExamplesOfOneLineAreParted) {
  const std::vector<Example> shots{{"hot", "cold"}, {"big", "small"}};
  const auto prompt = [&](const text::PromptPieces& pieces) {
    return icl_prompt(shots, "up", icl_layout(pieces));
  };
  EXPECT_EQ(prompt({}), "hot => cold\nbig => small\nup =>");
  EXPECT_EQ(prompt({.stop = {"\n", " ;"}}), "hot => cold ; big => small ; up =>");
  EXPECT_EQ(prompt({.stop = {"END"}}), "hot => coldEND big => smallEND up =>");
  EXPECT_EQ(prompt({.before = "<user>", .after = "<bot>", .joiner = "", .stop = {}}),
            "hot => cold\nbig => small\nup =>");
  EXPECT_EQ(icl_prompt(shots, "up"), "hot => cold ; big => small ; up =>");
}

TEST(IclPrompt, WithoutShotsIsTheQuestion) { EXPECT_EQ(icl_prompt({}, "1 + 1"), "1 + 1"); }

}  // namespace
}  // namespace lorahub::task
