// Weights so large that a model computes no number with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/mini_lab.hpp"
#include "process.hpp"

namespace lorahub {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kMixture = kModel + " --library " + kConfigs +
                             "/library/mini/r16 --modules find_letter,max_letter,hid_rev_comma";
const std::string kLetterTask = " --task " + kConfigs + "/tasks/mini/unseen/E1_isa_letter/";

std::string weights(const std::string& text) {
  static const auto folder = fresh_folder("not_finite");
  std::ofstream(folder / "w.json") << text;
  return " --weights " + quoted(folder / "w.json");
}

// Of three candidates one has a loss: all are told apart, and the code says that some have none.
TEST(NotFinite, ALossIsSaidByTheCodeAndASentence) {
  const std::string rows = kLetterTask + "pool.jsonl --rows 0:3";
  const std::string w = weights("[[1e30, 1e30, 0], [0.5, 0.2, 0], [3e38, 3e38, 3e38]]");
  for (const std::string how : {"", " --engine reference", " --precision delta-int8"}) {
    const Ended plain = lorahub("score" + kMixture + w + rows + how);
    EXPECT_EQ(plain.code, 1) << how;
    EXPECT_THAT(plain.out,
                HasSubstr("candidate 0: objective not finite\ncandidate 1: objective 0."));
    EXPECT_THAT(plain.err, HasSubstr("2 of 3 candidates have no finite loss (number 0, 2: "));
  }
  const Ended in_json = lorahub("score" + kMixture + w + rows + " --json");
  EXPECT_EQ(in_json.code, 1);
  const json found = json::parse(in_json.out);
  EXPECT_TRUE(found["objective"][0].is_null());
  EXPECT_GT(found["objective"][1].get<double>(), 0);
}

// An empty answer would count as the model's.
TEST(NotFinite, AnAnswerIsAnError) {
  const std::string one = weights("[[1e30, 1e30, 0]]");
  const Ended answered =
      lorahub("infer" + kMixture + one + kLetterTask + "test.jsonl --max-tokens 4");
  EXPECT_EQ(answered.code, 2);
  EXPECT_EQ(answered.out, "");
  EXPECT_THAT(answered.err, HasSubstr("the logits of an answer are not finite"));
}

}  // namespace
}  // namespace lorahub
