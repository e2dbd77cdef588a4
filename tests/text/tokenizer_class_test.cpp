// The classes of transformers that cut texts otherwise than tokenizer.json says, against
// transformers itself.
#include "text/tokenizer_class.hpp"

#include <gmock/gmock.h>

#include "base/files.hpp"
#include "bpe_golden.hpp"
#include "process.hpp"

namespace lorahub::text {
namespace {

TEST(TokenizerClass, WarnsWhereTransformersCutsOtherwiseThanTheFile) {
  const nlohmann::json golden =
      nlohmann::json::parse(base::read_file(SOURCE_DIR "/tests/golden/tokenizer/bpe/classes.json"));
  int warned = 0;
  for (const nlohmann::json& row : golden["rows"]) {
    const nlohmann::json& variant = bpe_variant(row["variant"]);
    nlohmann::json config = variant["config"];
    if (row["class"] == "")
      config.erase("tokenizer_class");
    else
      config["tokenizer_class"] = row["class"];
    config.update(row["setting"]);
    const BpeTestFolder folder(bpe_file(variant), config);
    folder.put("config.json", {{"model_type", row["model_type"]}});
    const std::string warning = tokenizer_class_warning(folder.path());
    EXPECT_EQ(!warning.empty(), row["other"] > 0) << row << warning;
    if (!warning.empty()) ++warned;
  }
  EXPECT_GT(warned, 500);
  EXPECT_LT(warned, 700);
  EXPECT_GT(golden["rows"].size(), 950U);
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

// None of these is compared with the file: their steps are none that is read here.
TEST(TokenizerClass, NamesClassesWhoseStepsNoFileHereHas) {
  for (const char* name : {"GemmaTokenizer", "CohereTokenizerFast", "WhisperTokenizer"}) {
    const BpeTestFolder folder(bpe_file(bpe_variant("llama2")),
                               {{"eos_token", "</s>"}, {"tokenizer_class", name}});
    folder.put("config.json", {{"model_type", "llama"}});
    EXPECT_THAT(tokenizer_class_warning(folder.path()), testing::HasSubstr("by its class"));
  }
}

template <class Number>
std::string bytes_of(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

std::string gguf_text(const std::string& text) { return bytes_of(uint64_t{text.size()}) + text; }

// A GGUF file of version 3 without tensors that says these texts and this flag (types 8 and 7).
std::string gguf_saying(const std::string& model, bool space) {
  const auto said = [](const std::string& key, const std::string& value) {
    return gguf_text(key) + bytes_of(uint32_t{8}) + gguf_text(value);
  };
  return "GGUF" + bytes_of(uint32_t{3}) + bytes_of(uint64_t{0}) + bytes_of(uint64_t{3}) +
         said("general.architecture", "llama") + said("tokenizer.ggml.model", model) +
         gguf_text("tokenizer.ggml.add_space_prefix") + bytes_of(uint32_t{7}) +
         (space ? '\1' : '\0');
}

// transformers 5.23 marks the beginning of a text alone, llama.cpp that of each part.
TEST(TokenizerClass, WarnsOfAGgufFileOfSentencePiece) {
  const auto warning = [](const std::string& content) {
    const std::filesystem::path folder = fresh_folder("gguf_class");
    base::write_file(folder / "m.gguf", content);
    return tokenizer_class_warning(folder);
  };
  EXPECT_THAT(warning(gguf_saying("llama", true)), testing::HasSubstr("m.gguf: transformers 5"));
  EXPECT_EQ(warning(gguf_saying("llama", false)), "");
  EXPECT_EQ(warning(gguf_saying("gpt2", true)), "");
}

TEST(TokenizerClass, IsSilentOnT5) {
  EXPECT_EQ(tokenizer_class_warning(SOURCE_DIR "/configs/model/mini"), "");
}

}  // namespace
}  // namespace lorahub::text
