#include "task/tokenizer.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"
#include "task/task.hpp"

namespace lorahub::task {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const fs::path kGolden = SOURCE_DIR "/tests/golden/tokenizer";

class TokenizerTest : public testing::Test {
 protected:
  static const nlohmann::json& golden() {
    static const auto* json =
        new nlohmann::json(nlohmann::json::parse(base::read_file(kGolden / "golden.json")));
    return *json;
  }
  static const Tokenizer& t5() {
    static const auto* tokenizer = new Tokenizer(kGolden);
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
      const Tokenizer tokenizer(folder_);
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
  const Tokenizer tokenizer(kGolden / "mt5");
  EXPECT_EQ(tokenizer.size(), golden.at("size").get<int>());
  for (const auto& row : golden.at("rows")) {
    const Ids ids = tokenizer.encode(row.at("text").get<std::string>());
    EXPECT_EQ(ids, row.at("ids").get<Ids>()) << row.at("text");
    EXPECT_EQ(tokenizer.decode(ids), row.at("decoded").get<std::string>()) << row.at("text");
  }
}

// The type of a piece is its third field: a normal one made a control or user-defined one.
TEST_F(FolderTest, APieceThatIsCutOutOfTheRawTextIsRefused) {
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
    EXPECT_THAT(error(), AllOf(HasSubstr("spiece.model"), HasSubstr("'foo'")));
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
    const auto rows = read_examples(fs::path(SOURCE_DIR "/configs/tasks/bbh") / (task + ".json"));
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
  const Tokenizer mini(SOURCE_DIR "/configs/model/mini");
  int rows = 0;
  for (const char* task : {"E1_isa_letter", "E7_swap_brack", "E10_sub_roman", "E12_first_both"})
    for (const Example& row :
         read_examples(fs::path(SOURCE_DIR "/configs/tasks/mini/unseen") / task / "test.jsonl")) {
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
  const Tokenizer tokenizer(folder_);
  EXPECT_EQ(tokenizer.size(), 4101);
  const Ids ids = tokenizer.encode("<sep>");
  EXPECT_THAT(ids, ElementsAre(4100, 1));
  EXPECT_EQ(tokenizer.decode(ids), "");
}

TEST_F(FolderTest, ConfigCountsTheSentinels) {
  base::write_file(folder_ / "tokenizer_config.json", R"({"extra_ids": 3})");
  const Tokenizer tokenizer(folder_);
  EXPECT_EQ(tokenizer.size(), 4003);
  EXPECT_THAT(tokenizer.encode("<extra_id_0>"), ElementsAre(4002, 1));
}

TEST_F(FolderTest, NamesWhatIsMissing) {
  fs::remove(folder_ / "spiece.model");
  EXPECT_THAT(error(), AllOf(HasSubstr(folder_.string()), HasSubstr("spiece.model is missing")));
  fs::remove_all(folder_);
  EXPECT_THAT(error(), AllOf(HasSubstr(folder_.string()), HasSubstr("no such model folder")));
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
}  // namespace lorahub::task
