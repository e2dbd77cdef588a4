#include "text/write_bpe_json.hpp"

#include <gmock/gmock.h>

#include "gguf_metadata.hpp"
#include "same_as_tokenizers.hpp"
#include "text/bpe_tokenizer.hpp"
#include "text/gguf_tokenizer.hpp"

namespace lorahub::text {
namespace {

// Writes the content, reads it back, and compares all that decides which ids are given.
void expect_same_back(const BpeContent& content, const std::string& end, const std::string& what) {
  const BpeTestFolder folder(nlohmann::json::parse(bpe_json_text(content.json)),
                             {{"eos_token", end}});
  const BpeContent back = read_bpe_content(folder.path());
  EXPECT_EQ(back.end, content.end) << what;
  const TokenTable ours = token_table(content), read = token_table(back);
  EXPECT_EQ(read.rules, ours.rules) << what;
  EXPECT_EQ(read.ids, ours.ids) << what;
  const BpeTokenizer before("folder", content), after(folder.path());
  for (const std::string text : {" Hello  wörld\n\n12345 don't", "<|end|> x", "\u2581\t\u4e2d a"}) {
    EXPECT_EQ(after.encode(text), before.encode(text)) << what << text;
    EXPECT_EQ(after.decode(after.encode(text)), before.decode(before.encode(text))) << what << text;
  }
}

TEST(WriteBpeJson, WhatAGgufFileSaysIsReadBackFromTheFile) {
  for (const char* pre : {"gpt-2", "smollm", "llama-bpe", "qwen2", "tekken"}) {
    GgufValues values("gpt2", "bytes");
    values.set("pre", std::string(pre));
    expect_same_back(gguf_content(values.metadata()), "<|end|>", pre);
  }
  for (const int64_t space : {0, 1}) {
    GgufValues values("llama", "pieces");
    values.set("add_space_prefix", space);
    expect_same_back(gguf_content(values.metadata()), "</s>", "llama");
  }
}

TEST(WriteBpeJson, FilesOfAllKnownPartsAreReadBack) {
  int read = 0;
  for (const nlohmann::json& variant : bpe_golden()["variants"]) {
    const BpeTestFolder folder(variant);
    const BpeContent content = read_bpe_content(folder.path());
    const std::string end = variant["config"]["eos_token"];
    expect_same_back(content, end, variant["name"]);
    ++read;
  }
  EXPECT_GE(read, 5);
}

}  // namespace
}  // namespace lorahub::text
