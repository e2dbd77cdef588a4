// The classes of transformers that cut texts otherwise than tokenizer.json says, against
// transformers itself.
#include "text/tokenizer_class.hpp"

#include <gmock/gmock.h>

#include "bpe_golden.hpp"

namespace lorahub::text {
namespace {

TEST(TokenizerClass, WarnsWhereTransformersCutsOtherwiseThanTheFile) {
  const nlohmann::json golden =
      nlohmann::json::parse(base::read_file(SOURCE_DIR "/tests/golden/tokenizer/bpe/classes.json"));
  int warned = 0;
  for (const nlohmann::json& row : golden["rows"]) {
    const nlohmann::json& variant = bpe_variant(row["variant"]);
    nlohmann::json config = variant["config"];
    config["tokenizer_class"] = row["class"];
    config.update(row["setting"]);
    const BpeTestFolder folder(bpe_file(variant), config);
    folder.put("config.json", {{"model_type", row["model_type"]}});
    const std::string warning = tokenizer_class_warning(folder.path());
    EXPECT_EQ(!warning.empty(), row["other"] > 0) << row << warning;
    if (!warning.empty()) ++warned;
  }
  EXPECT_GT(warned, 100);
  EXPECT_LT(warned, 500);
}

TEST(TokenizerClass, NamesTheFolderTheClassAndTheFile) {
  const BpeTestFolder folder(bpe_file(bpe_variant("llama2")),
                             {{"eos_token", "</s>"}, {"tokenizer_class", "LlamaTokenizerFast"}});
  folder.put("config.json", {{"model_type", "llama"}});
  EXPECT_THAT(
      tokenizer_class_warning(folder.path()),
      testing::AllOf(testing::StartsWith(folder.path().string() + ": transformers 5"),
                     testing::HasSubstr("LlamaTokenizer,"), testing::HasSubstr("tokenizer.json")));
}

TEST(TokenizerClass, IsSilentOnT5) {
  EXPECT_EQ(tokenizer_class_warning(SOURCE_DIR "/configs/model/mini"), "");
}

}  // namespace
}  // namespace lorahub::text
