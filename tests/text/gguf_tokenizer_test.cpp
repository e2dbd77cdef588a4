#include "text/gguf_tokenizer.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "base/check.hpp"
#include "base/home.hpp"
#include "gguf_metadata.hpp"
#include "same_as_tokenizers.hpp"
#include "text/bpe_tokenizer.hpp"
#include "text/same_tokens.hpp"
#include "text/tokenizer_inputs.hpp"

namespace lorahub::text {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

BpeTokenizer tokenizer(const GgufValues& values) {
  return {"folder", gguf_content(values.metadata())};
}

nlohmann::json golden_json(const std::string& name) {
  return nlohmann::json::parse(
      base::read_file(SOURCE_DIR "/tests/golden/tokenizer/bpe/" + name + ".json"));
}

std::string refusal(const GgufValues& values) {
  try {
    gguf_content(values.metadata());
  } catch (const base::Error& error) {
    return error.what();
  }
  return "it is taken";
}

GgufValues byte_level(const std::string& pre) {
  GgufValues values("gpt2", "bytes");
  values.set("pre", pre);
  return values;
}

class EachPre : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(EachPre, GivesTheIdsAndTextsOfTokenizersOnBbhAndOnHostileStrings) {
  const auto& [pre, variant] = GetParam();
  expect_same(tokenizer(byte_level(pre)), bpe_variant(variant)["reference"]);
}

INSTANTIATE_TEST_SUITE_P(GgufTokenizer, EachPre,
                         testing::Values(std::pair("gpt-2", "gpt2"), std::pair("smollm", "smollm"),
                                         std::pair("llama-bpe", "llama3")),
                         [](const auto& row) { return std::string(row.param.second); });

// The golden variant of Qwen2 has added tokens that a GGUF file cannot tell, so the same
// vocabulary is read from a tokenizer.json without them.
TEST(GgufTokenizer, Qwen2IsThatOfItsTokenizerJson) {
  const nlohmann::json& variant = bpe_variant("qwen2");
  nlohmann::json file = bpe_file(variant);
  nlohmann::json& added = file["added_tokens"];
  added.erase(added.begin() + 2, added.end());
  const BpeTestFolder folder(file, variant["config"]);
  const BpeTokenizer expected(folder.path()), read = tokenizer(byte_level("qwen2"));
  ASSERT_EQ(read.size(), expected.size());
  for (const std::vector<std::string>& block : hostile_blocks(3))
    for (const std::string& text : block)
      ASSERT_EQ(read.encode(text), expected.encode(text)) << text;
}

TEST(GgufTokenizer, PiecesWithScoresAreMergedAsTransformersConvertsThem) {
  const nlohmann::json golden = golden_json("scored");
  const GgufValues values("llama", "pieces");
  EXPECT_EQ(gguf_content(values.metadata()).json.model.merges.size(),
            golden["merges"].get<size_t>());
  expect_same(tokenizer(values), golden["reference"]);
}

// LORAHUB_SMOLLM2: a folder with the file that scripts/fetch-smollm2 fetches.
TEST(GgufTokenizer, GivesTheIdsOfTokenizersWithTheVocabularyOfSmolLm2) {
  const std::string folder = base::environment_variable("LORAHUB_SMOLLM2");
  if (folder.empty()) GTEST_SKIP() << "LORAHUB_SMOLLM2 names no folder";
  expect_same(*load_tokenizer(folder), golden_json("smollm2")["reference"]);
}

TEST(GgufTokenizer, TheFileSaysWhatIsPutAround) {
  const auto around = [](const std::string& pre, std::initializer_list<const char*> flags) {
    GgufValues values = byte_level(pre);
    for (const char* flag : flags) values.set(flag, int64_t{1});
    return tokenizer(values).encode("");
  };
  const int64_t end = tokenizer(byte_level("gpt-2")).encode_target("")[0], begin = end - 1;
  EXPECT_THAT(around("gpt-2", {}), ElementsAre());
  EXPECT_THAT(around("llama-bpe", {}), ElementsAre(begin));
  EXPECT_THAT(around("gpt-2", {"add_bos_token", "add_eos_token"}), ElementsAre(begin, end));
  GgufValues without = byte_level("llama-bpe");
  without.set("add_bos_token", int64_t{0});
  EXPECT_THAT(tokenizer(without).encode(""), ElementsAre());
  GgufValues pieces("llama", "pieces");
  pieces.set("add_space_prefix", int64_t{0});
  EXPECT_NE(tokenizer(pieces).encode("the"), tokenizer({"llama", "pieces"}).encode("the"));
}

TEST(GgufTokenizer, UserDefinedTokensAreCutOutAndShownAndUnusedOnesAreNone) {
  GgufValues values = byte_level("gpt-2");
  values.add_special("<sep>");
  values.types().back() = 4;
  values.add_special("[PAD]");
  values.types().back() = 5;
  const BpeTokenizer read = tokenizer(values);
  const auto pad = static_cast<int64_t>(values.tokens().size()) - 1;
  EXPECT_THAT(read.encode("<sep>"), ElementsAre(pad - 1));
  EXPECT_EQ(read.decode({pad - 1}), "<sep>");
  EXPECT_EQ(read.decode({pad}), "");
  for (const int64_t id : read.encode("[PAD]")) EXPECT_NE(id, pad);
}

TEST(GgufTokenizer, WhatIsNotKnownIsRefusedByName) {
  EXPECT_THAT(
      refusal(byte_level("deepseek-llm")),
      AllOf(HasSubstr("x.gguf: tokenizer.ggml.pre is 'deepseek-llm'"), HasSubstr("smollm")));
  GgufValues values = byte_level("gpt-2");
  values.set("model", "bert");
  EXPECT_THAT(refusal(values), HasSubstr("tokenizer.ggml.model is 'bert'"));
  for (const char* key : {"pre", "merges", "eos_token_id", "model"}) {
    GgufValues less = byte_level("gpt-2");
    less.erase(key);
    EXPECT_THAT(refusal(less), HasSubstr(base::format("has no tokenizer.ggml.{}", key)));
  }
  GgufValues scores("llama", "pieces");
  scores.set("scores", std::vector<double>{1, 2});
  EXPECT_THAT(refusal(scores), HasSubstr("it has 2 tokenizer.ggml.scores for "));
}

TEST(GgufTokenizer, ListsThatContradictEachOtherAreRefused) {
  GgufValues values = byte_level("gpt-2");
  values.set("eos_token_id", int64_t{1 << 20});
  EXPECT_THAT(refusal(values), HasSubstr("tokenizer.ggml.eos_token_id is 1048576 of "));
  values = byte_level("gpt-2");
  values.tokens().back() = values.tokens().front();
  EXPECT_THAT(refusal(values), HasSubstr("is the text of two of its tokens"));
  values = byte_level("gpt-2");
  values.tokens().back() = "\xff";
  EXPECT_THAT(refusal(values), HasSubstr("is no UTF-8"));
  values = byte_level("gpt-2");
  values.types().pop_back();
  EXPECT_THAT(refusal(values), HasSubstr("tokenizer.ggml.token_type for "));
  values = byte_level("gpt-2");
  values.set("merges", std::vector<std::string>{"a"});
  EXPECT_THAT(refusal(values), HasSubstr("the merge 'a' is no pair"));
  values.set("merges", std::vector<std::string>{"a nothing_like_it"});
  EXPECT_THAT(refusal(values), HasSubstr("names 'nothing_like_it', which is no token"));
  values = byte_level("gpt-2");
  values.types().front() = 7;
  EXPECT_THAT(refusal(values), HasSubstr("token 0 is of the type 7 (0 to 6 are known)"));
}

// A score that is no number would leave the order of merges to chance; and the time that a piece
// takes grows with the square of its length.
TEST(GgufTokenizer, PiecesWithoutAScoreOrEndAreRefused) {
  for (const double score : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    GgufValues values("llama", "pieces");
    std::vector<double> scores(values.tokens().size(), -1);
    scores[5] = score;
    values.set("scores", scores);
    EXPECT_THAT(refusal(values), HasSubstr("token 5 has no score"));
  }
  GgufValues values("llama", "pieces");
  values.tokens()[5] = std::string(4'000'000, 'a');
  EXPECT_THAT(refusal(values), HasSubstr("token 5 is of 4000000 bytes (at most 4096"));
}

}  // namespace
}  // namespace lorahub::text
