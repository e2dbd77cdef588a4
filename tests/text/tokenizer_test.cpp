#include "text/tokenizer.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/files.hpp"
#include "text/golden.hpp"
#include "text/unigram_tokenizer.hpp"

namespace lorahub::text {
namespace {

TEST(Tokenizer, IsOfTheKindOfTheFolder) {
  const auto tokenizer = load_tokenizer(SOURCE_DIR "/configs/model/mini");
  EXPECT_NE(dynamic_cast<const UnigramTokenizer*>(tokenizer.get()), nullptr);
  EXPECT_EQ(&tokenizer_kind(SOURCE_DIR "/configs/model/mini"), &kUnigram);
}

TEST(Tokenizer, GivesTransformersIdsOfWhatIsReadAndOfWhatIsWritten) {
  const auto golden = nlohmann::json::parse(base::read_file(kGolden / "golden.json"));
  const auto tokenizer = load_tokenizer(kGolden);
  size_t rows = 0;
  for (const auto& row : golden.at("texts")) {
    const auto text = row["text"].get<std::string>();
    const auto ids = row["ids"].get<Ids>();
    EXPECT_EQ(tokenizer->encode(text), ids) << text;
    EXPECT_EQ(tokenizer->encode_target(text), ids) << text;
    EXPECT_EQ(tokenizer->encode_target(text, 1), Ids{1}) << text;  // </s>
    ++rows;
  }
  EXPECT_GE(rows, 10U);
}

TEST(Tokenizer, IsRefusedForAnEmbeddingWithTooFewRows) {
  EXPECT_NO_THROW(load_tokenizer(kGolden, {.vocabulary = 4000}));
  EXPECT_THROW(load_tokenizer(kGolden, {.vocabulary = 3999}), base::Error);
}

}  // namespace
}  // namespace lorahub::text
