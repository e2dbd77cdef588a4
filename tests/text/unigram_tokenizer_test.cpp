#include "text/unigram_tokenizer.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "task/task.hpp"
#include "text/golden.hpp"
#include "text/same_tokens.hpp"
#include "text/tokenizer_inputs.hpp"

namespace lorahub::text {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class TokenizerTest : public testing::Test {
 protected:
  static const nlohmann::json& golden() {
    static const auto* parsed =
        new nlohmann::json(nlohmann::json::parse(base::read_file(kGolden / "golden.json")));
    return *parsed;
  }
  static const UnigramTokenizer& t5() {
    static const auto* tokenizer = new UnigramTokenizer(kGolden);
    return *tokenizer;
  }
};

class FolderTest : public TokenizerTest {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("tokenizer_" + std::to_string(getpid()));
    fs::create_directories(folder_);
    fs::copy_file(kGolden / "spiece.model", folder_ / "spiece.model");
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string error() const {
    try {
      const UnigramTokenizer tokenizer(folder_);
    } catch (const base::Error& e) {
      return e.what();
    }
    return "no error";
  }
  fs::path folder_;
};

// Byte pieces and sentinels among the pieces: transformers looks both up like any other piece.
TEST(Mt5Tokenizer, GivesTransformersIds) {
  const auto golden = nlohmann::json::parse(base::read_file(kGolden / "mt5/golden.json"));
  const UnigramTokenizer tokenizer(kGolden / "mt5");
  EXPECT_EQ(tokenizer.size(), golden.at("size").get<int>());
  for (const auto& row : golden.at("rows")) {
    const Ids ids = tokenizer.encode(row.at("text").get<std::string>());
    EXPECT_EQ(ids, row.at("ids").get<Ids>()) << row.at("text");
    EXPECT_EQ(tokenizer.decode(ids), row.at("decoded").get<std::string>()) << row.at("text");
  }
}

// The type of a piece is its third field: a normal one made a control or user-defined one is cut
// out of the raw text, and a control one left out of answers.
TEST_F(FolderTest, AControlOrUserDefinedPieceIsCutOutOfTheRawText) {
  const std::string piece(
      "\x0a\x03"
      "foo"
      "\x18",
      6);
  for (const char type : {'\x03', '\x04'}) {
    const std::string bytes = piece + type;
    base::write_file(folder_ / "spiece.model", base::read_file(kGolden / "spiece.model") + "\x0a" +
                                                   std::string(1, static_cast<char>(bytes.size())) +
                                                   bytes);
    const UnigramTokenizer tokenizer(folder_);
    EXPECT_THAT(tokenizer.encode("foo"), ElementsAre(4000, 1));
    EXPECT_EQ(tokenizer.decode({4000}), type == '\x03' ? "" : "foo");
  }
}

TEST_F(TokenizerTest, NastyTextsGiveTransformersIds) {
  ASSERT_GE(golden()["texts"].size(), 500u);
  for (const auto& row : golden()["texts"]) {
    const auto text = row["text"].get<std::string>();
    const Ids ids = t5().encode(text);
    ASSERT_EQ(ids, row["ids"].get<Ids>()) << row["text"];
    ASSERT_EQ(t5().decode(ids), row["decoded"].get<std::string>()) << row["text"];
  }
}

TEST_F(TokenizerTest, BbhInputsGiveTransformersIds) {
  int inputs = 0;
  for (const auto& [task, hashes] : golden()["bbh"].items()) {
    const auto rows =
        task::read_examples(fs::path(SOURCE_DIR "/configs/tasks/bbh") / (task + ".json"));
    ASSERT_EQ(rows.size(), hashes.size()) << task;
    for (size_t i = 0; i < rows.size(); ++i, ++inputs) {
      const Ids ids = t5().encode(rows[i].input);
      ASSERT_EQ(base::sha256(base::format("{}", fmt::join(ids, ","))).substr(0, 12),
                hashes[i].get<std::string>())
          << task << " row " << i << ": " << rows[i].input;
    }
  }
  EXPECT_EQ(inputs, 6511);
}

TEST_F(TokenizerTest, DecodesAsTransformers) {
  ASSERT_GT(golden()["decode"].size(), 200u);
  for (const auto& row : golden()["decode"])
    EXPECT_EQ(t5().decode(row["ids"].get<Ids>()), row["text"].get<std::string>()) << row["ids"];
  EXPECT_EQ(t5().decode({-1, 1LL << 40}), "");
}

TEST_F(TokenizerTest, SentinelsCountDownBehindThePieces) {
  std::string all;
  for (int i = 0; i < 100; ++i) all += base::format("<extra_id_{}>", i);
  Ids ids = t5().encode(all);
  ids.pop_back();
  EXPECT_EQ(ids, golden()["sentinels"].get<Ids>());
  EXPECT_EQ(ids.front(), t5().size() - 1);
  EXPECT_EQ(t5().size(), golden()["size"].get<int>());
}

TEST_F(TokenizerTest, CutsToALimitWithTheEnd) {
  for (const auto& row : golden()["cut"])
    EXPECT_EQ(t5().encode(row["text"].get<std::string>(), row["limit"].get<int>()),
              row["ids"].get<Ids>());
}

TEST_F(TokenizerTest,
       MiniModelsAnswersComeBackWhole) {  // a word-level model: what goes in comes out
  const UnigramTokenizer mini(SOURCE_DIR "/configs/model/mini");
  int rows = 0;
  for (const char* task : {"E1_isa_letter", "E7_swap_brack", "E10_sub_roman", "E12_first_both"})
    for (const task::Example& row : task::read_examples(
             fs::path(SOURCE_DIR "/configs/tasks/mini/unseen") / task / "test.jsonl")) {
      EXPECT_EQ(mini.decode(mini.encode(row.target)), row.target);
      EXPECT_EQ(mini.decode(mini.encode(row.input)), row.input);
      ++rows;
    }
  EXPECT_EQ(rows, 800);
}

TEST_F(TokenizerTest,
       TextThatIsNoUtf8IsRead) {  // as if U+FFFD stood there, and never out of bounds
  EXPECT_EQ(t5().encode("a\xff\xc3"), t5().encode("a\ufffd\ufffd"));
  EXPECT_EQ(t5().encode("\xe4\xb8"), t5().encode("\ufffd\ufffd"));
}

TEST_F(FolderTest, ConfigNamesMoreSpecialTokens) {
  base::write_file(
      folder_ / "tokenizer_config.json",
      R"({"extra_ids": 100, "added_tokens_decoder": {"1": {"content": "</s>", "special": true},
                       "4100": {"content": "<sep>", "special": true}}})");
  const UnigramTokenizer tokenizer(folder_);
  EXPECT_EQ(tokenizer.size(), 4101);
  const Ids ids = tokenizer.encode("<sep>");
  EXPECT_THAT(ids, ElementsAre(4100, 1));
  EXPECT_EQ(tokenizer.decode(ids), "");
}

TEST_F(FolderTest, ConfigCountsTheSentinels) {
  base::write_file(folder_ / "tokenizer_config.json", R"({"extra_ids": 3})");
  const UnigramTokenizer tokenizer(folder_);
  EXPECT_EQ(tokenizer.size(), 4003);
  EXPECT_THAT(tokenizer.encode("<extra_id_0>"), ElementsAre(4002, 1));
}

TEST_F(FolderTest, NamesWhatIsMissing) {
  fs::remove(folder_ / "spiece.model");
  EXPECT_THAT(error(), AllOf(HasSubstr(folder_.string()), HasSubstr("spiece.model is missing")));
  fs::remove_all(folder_);
  EXPECT_THAT(error(), AllOf(HasSubstr(folder_.string()), HasSubstr("no such model folder")));
}

// Files that name tokens which the others don't have, or have under other ids.
TEST_F(FolderTest, RefusesFilesThatContradictEachOther) {
  const auto refused = [&](const char* file, const char* content, const char* word) {
    base::write_file(folder_ / file, content);
    EXPECT_THAT(error(), AllOf(HasSubstr(file), HasSubstr(word))) << content;
    fs::remove(folder_ / file);
  };
  refused("added_tokens.json", R"({"zorp": 4101})", "'zorp'");
  refused("added_tokens.json", R"({"zorp": 4100, "the": 4101})", "'the'");
  refused("added_tokens.json", R"({"zorp": "4100"})", "'zorp'");
  refused("added_tokens.json", R"({"zorp": -1})", "'zorp'");
  refused("special_tokens_map.json", R"({"additional_special_tokens": ["<sep>"]})", "'<sep>'");
  refused("special_tokens_map.json", R"({"words": ["<sep>"]})", "words");
  refused("tokenizer.json", R"({"version": "2.0"})", "\"version\"");
  const char* const config = "tokenizer_config.json";
  refused(config, R"({"added_tokens_decoder": {"4101": {"content": "zorp"}}})", "'zorp'");
  refused(config, R"({"added_tokens_decoder": {"x": {"content": "zorp"}}})", "'x'");
  refused(config, R"({"added_tokens_decoder": {"4100": {"content": "z", "nice": true}}})", "nice");
  refused(config, R"({"added_tokens_decoder": {"4100": {"content": "z", "lstrip": 1}}})", "lstrip");
  refused(config,
          R"({"added_tokens_decoder": {"4100": {"content": "z"}, "4101": {"content": "z"}}})",
          "two ids");
  refused(config, R"({"extra_ids": "100"})", "extra_ids");
  refused(config, R"({"extra_ids": 1e9})", "extra_ids");
  refused(config, R"({"eos_token": null})", "eos_token");
  refused(config, R"({"eos_token": {"content": "</s>"}})", "</s>");
  refused(config, R"({"split_special_tokens": true})", "split_special_tokens");
  refused(config, R"({"tokenizer_class": "LlamaTokenizer"})", "LlamaTokenizer");
  refused(config, R"({"auto_map": {"AutoTokenizer": ["a.B", null]}})", "auto_map");
}

TEST_F(FolderTest, AddedTokensThatDecideNothingAreNoInputs) {
  EXPECT_THAT(tokenizer_inputs(folder_), ElementsAre("spiece.model"));
  base::write_file(folder_ / "special_tokens_map.json",
                   R"({"eos_token": "</s>", "additional_special_tokens": ["<extra_id_0>"]})");
  EXPECT_THAT(tokenizer_inputs(folder_), ElementsAre("spiece.model"));
  base::write_file(folder_ / "special_tokens_map.json", R"({"cls_token": "<c>"})");
  base::write_file(folder_ / "added_tokens.json", R"({"<c>": 4100})");
  EXPECT_THAT(tokenizer_inputs(folder_),
              ElementsAre("spiece.model", "special_tokens_map.json", "added_tokens.json"));
  base::write_file(folder_ / "tokenizer_config.json",
                   R"({"added_tokens_decoder": {"4100": {"content": "<c>", "special": true}}})");
  EXPECT_THAT(tokenizer_inputs(folder_), ElementsAre("spiece.model", "tokenizer_config.json"));
}

TEST_F(FolderTest, AnEmbeddingWithoutARowForATokenIsRefused) {
  const auto refusal = [&](int64_t vocabulary) -> std::string {
    try {
      UnigramTokenizer(folder_).check_fits(vocabulary);
    } catch (const base::Error& error) {
      return error.what();
    }
    return "fits";
  };
  EXPECT_EQ(refusal(4000), "fits");  // of the sentinels no file says a word
  EXPECT_THAT(refusal(3999), AllOf(HasSubstr("3999"), HasSubstr("4000")));
  base::write_file(folder_ / "added_tokens.json", R"({"zorp": 4100})");
  EXPECT_EQ(refusal(4101), "fits");
  EXPECT_THAT(refusal(4100), HasSubstr("'zorp'"));
}

TEST_F(FolderTest, OtherTokensBesideAnAdapterAreRefused) {
  const fs::path adapter = folder_ / "adapter";
  const auto refusal = [&]() -> std::string {
    try {
      check_same_tokens(folder_, adapter);
    } catch (const base::Error& error) {
      return error.what();
    }
    return "same";
  };
  fs::create_directories(adapter);
  EXPECT_EQ(refusal(), "same");
  fs::copy_file(folder_ / "spiece.model", adapter / "spiece.model");
  EXPECT_EQ(refusal(), "same");
  base::write_file(adapter / "special_tokens_map.json", R"({"eos_token": "</s>"})");
  EXPECT_EQ(refusal(), "same");
  base::write_file(adapter / "added_tokens.json", R"({"zorp": 4100})");
  EXPECT_THAT(refusal(), AllOf(HasSubstr(adapter.string()), HasSubstr("'zorp'")));
  base::write_file(folder_ / "added_tokens.json", R"({"zorp": 4100, "more": 4101})");
  EXPECT_THAT(refusal(), AllOf(HasSubstr(adapter.string()), HasSubstr("'more'")));
  base::write_file(adapter / "added_tokens.json", R"({"more": 4101, "zorp": 4100})");
  EXPECT_EQ(refusal(), "same");
  fs::remove(adapter / "spiece.model");  // pieces of the model
  EXPECT_EQ(refusal(), "same");
}

TEST_F(FolderTest, SaysWhatAnUnreadableFileIs) {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS pointer"},
      {"\x1f\x8b\x08", "gzip"},
      {"<!DOCTYPE html><html>", "HTML"},
      {std::string("\xff\xfe{\0}\0", 6), "UTF-16"},
      {"", "empty file"}};
  for (const std::string file : {"spiece.model", "tokenizer.json", "tokenizer_config.json",
                                 "special_tokens_map.json", "added_tokens.json"}) {
    for (const auto& [content, word] : kinds) {
      base::write_file(folder_ / file, content);
      EXPECT_THAT(error(), AllOf(HasSubstr(file), HasSubstr(word)));
    }
    base::write_file(folder_ / file, "{\"Gr\xfc\xdf\": 1}");
    EXPECT_THAT(error(), HasSubstr(file));
    fs::remove(folder_ / file);
    if (file == "spiece.model") fs::copy_file(kGolden / file, folder_ / file);
  }
}

TEST_F(FolderTest, RefusesADamagedModel) {
  const std::string whole = base::read_file(kGolden / "spiece.model");
  for (const size_t size : {size_t{0}, size_t{1}, size_t{9}, whole.size() / 2, whole.size() - 1}) {
    base::write_file(folder_ / "spiece.model", std::string_view(whole).substr(0, size));
    EXPECT_THAT(error(), HasSubstr("spiece.model")) << size;
  }
  base::write_file(folder_ / "spiece.model", "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_THAT(error(), HasSubstr("spiece.model"));
  fs::copy_file(kGolden / "spiece.model", folder_ / "spiece.model",
                fs::copy_options::overwrite_existing);
  base::write_file(folder_ / "tokenizer_config.json", "{\"extra_ids\": ");
  EXPECT_THAT(error(), HasSubstr("tokenizer_config.json"));
}

}  // namespace
}  // namespace lorahub::text
