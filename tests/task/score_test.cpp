#include "task/score.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/files.hpp"
#include "task/task.hpp"

namespace lorahub::task {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Score,
     NormalisesAsPythonDoes) {  // 1,432 capitals, every white space, order of the three steps
  const auto golden =
      nlohmann::json::parse(base::read_file(SOURCE_DIR "/tests/golden/tokenizer/golden.json"));
  ASSERT_GT(golden["normalised"].size(), 40u);
  for (const auto& pair : golden["normalised"])
    EXPECT_EQ(normalise(pair[0].get<std::string>()), pair[1].get<std::string>());
}

TEST(Score, HitsAreEqualAfterNormalising) {
  EXPECT_TRUE(is_hit(" (a)\n", "(A)"));
  EXPECT_TRUE(is_hit("Yes.", "yes"));
  EXPECT_FALSE(is_hit("yes .", "yes"));  // strip comes before the dot goes
  EXPECT_FALSE(is_hit("(A) dog", "(A)"));
  EXPECT_FALSE(is_hit("", "0"));
}

TEST(Options, ListedOnLines) {
  EXPECT_THAT(options("Q: Which?\nOptions:\n(A) one (B) two\n(B) three\n(C) fourA:"),
              ElementsAre("(A)", "(B)", "(C)"));
  EXPECT_THAT(options("Q: Back?\nOptions:\n- Yes\n- No\nA:"), ElementsAre("Yes", "No"));
  EXPECT_THAT(options("Options:\n- valid \n- invalid\nA:"), ElementsAre("valid", "invalid"));
}

TEST(Options, ListedInline) {
  EXPECT_THAT(options("pick - options: (A) 90 (B) 88 (C) 55"), ElementsAre("(A)", "(B)", "(C)"));
  EXPECT_THAT(options("options: (A) a (B) b => (A) ; x options: (A) 1 =>"), ElementsAre("(A)"));
}

TEST(Options, NoneListed) {
  EXPECT_THAT(options("Q: not True is\nA:"), IsEmpty());
  EXPECT_THAT(options("the (A) and the (B)"), IsEmpty());
  EXPECT_THAT(options(""), IsEmpty());
  EXPECT_THAT(options("Options:"), IsEmpty());
}

// Every target of the 20 tasks with listed options is among them, but three rows that BBH itself
// cut at commas; the other 7 tasks list none.
TEST(Options, HoldTheTargetsOfBbh) {
  std::map<std::string, int> without;
  std::set<std::string> spoilt;
  int rows = 0, listed = 0;
  for (const auto& folder :
       std::filesystem::directory_iterator(SOURCE_DIR "/configs/tasks/lorahub_bbh")) {
    if (!folder.is_directory()) continue;
    for (const Example& row : read_examples(folder.path() / "zero_shot.jsonl")) {
      const auto found = options(row.input);
      ++rows;
      if (found.empty()) {
        ++without[folder.path().filename()];
        continue;
      }
      ++listed;
      if (std::find(found.begin(), found.end(), row.target) == found.end())
        spoilt.insert(row.target);
    }
  }
  EXPECT_EQ(rows, 3811);
  EXPECT_EQ(listed + 7 * 150, rows);
  EXPECT_EQ(without.size(), 7u);
  EXPECT_THAT(spoilt,
              ElementsAre("Monsters, Inc", "dearth, wind, & fire", "rita, sue and bob poo"));
}

// Letters of one to four bytes, white space of all kinds, empty texts.
TEST(Score, ChrfIsThatOfSacrebleu) {
  const auto golden =
      nlohmann::json::parse(base::read_file(SOURCE_DIR "/tests/golden/chrf/golden.json"));
  ASSERT_GT(golden["pairs"].size(), 60u);
  for (const auto& pair : golden["pairs"])
    EXPECT_NEAR(chrf(pair["answer"].get<std::string>(), pair["target"].get<std::string>()),
                pair["chrf"].get<double>(), 1e-12)  // the same sums in the same order
        << pair;
}

}  // namespace
}  // namespace lorahub::task
