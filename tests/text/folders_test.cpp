// Model folders as several versions of transformers save them, with tokens that users added: ids
// and texts are those of transformers (tests/golden/tokenizer/make_folders.py).
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "task/task.hpp"
#include "text/golden.hpp"
#include "text/unigram_tokenizer.hpp"

namespace lorahub::text {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string to_base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

std::string sentinel(int i) { return "<extra_id_" + std::to_string(i) + ">"; }

fs::path spiece(const json& golden) {
  return kGolden / (golden.at("kind") == "mt5" ? "mt5" : "") / "spiece.model";
}

// The golden file leaves out what the spiece.model holds.
void fill_in(json& tokenizer, const json& golden) {
  const PieceModel model = read_piece_model(spiece(golden));
  json& vocab = tokenizer.at("model").at("vocab");
  vocab = json::array();
  for (const VocabularyPiece& piece : model.pieces) vocab.push_back({piece.text, piece.score});
  for (int i = golden.at("sentinels").get<int>() - 1; i >= 0; --i)
    vocab.push_back({sentinel(i), 0.0});
  json& normalizer = tokenizer.at("normalizer");
  if (normalizer.is_null()) return;
  const bool several = normalizer.contains("normalizers");
  (several ? normalizer.at("normalizers").at(0) : normalizer)["precompiled_charsmap"] =
      to_base64(model.charsmap);
}

// ["@sentinels", one] among a list's elements stands for the sentinels from that one on.
json with_sentinels(const json& list, int first) {
  json out = json::array();
  for (const json& element : list) {
    if (!element.is_array() || element.empty() || element[0] != "@sentinels") {
      out.push_back(element);
      continue;
    }
    json one = element[1];
    const std::string content = one.is_object() ? one.at("content") : one;
    for (int i = 0; i < 100; ++i) {
      const std::string name = sentinel(content == sentinel(0) ? i : 99 - i);
      if (!one.is_object()) {
        out.push_back(name);
        continue;
      }
      one["content"] = name;
      if (one.contains("id")) one["id"] = first + i;
      out.push_back(one);
    }
  }
  return out;
}

// {"@sentinels": one} stands for the sentinels by their ids, or for their ids by name.
json unpacked(const json& content, int first) {
  if (content.is_array()) return with_sentinels(content, first);
  if (!content.is_object()) return content;
  json out = json::object();
  for (const auto& [key, value] : content.items()) {
    if (key != "@sentinels") out[key] = unpacked(value, first);
    for (int i = 0; key == "@sentinels" && i < 100; ++i) {
      if (value.is_number()) {
        out[sentinel(i)] = first + 99 - i;
        continue;
      }
      json& one = out[std::to_string(first + i)] = value;
      one["content"] = sentinel(99 - i);
    }
  }
  return out;
}

class FoldersTest : public testing::Test {
 protected:
  static const json& golden() {
    static const auto* all = new json(json::parse(base::read_file(kGolden / "folders.json")));
    return all->at("folders");
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path make(const json& golden) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    if (golden.at("spiece").get<bool>()) fs::copy_file(spiece(golden), folder_ / "spiece.model");
    const int first = golden.at("kind") == "mt5" ? 400 : 4000;  // the pieces of spiece.model
    for (const auto& [name, content] : golden.at("files").items()) {
      json file = unpacked(content, first);
      if (name == "tokenizer.json") fill_in(file, golden);
      base::write_file(folder_ / name, file.dump());
    }
    return folder_;
  }

  fs::path folder_ = fs::path(testing::TempDir()) / ("folders_" + std::to_string(getpid()));
};

TEST_F(FoldersTest, GiveTransformersIdsAndTexts) {
  size_t rows = 0;
  for (const json& golden : golden()) {
    const std::string name = golden.at("name").get<std::string>();
    const UnigramTokenizer tokenizer(make(golden));
    EXPECT_EQ(tokenizer.size(), golden.at("size").get<int>()) << name;
    for (const json& row : golden.at("rows")) {
      const Ids ids = tokenizer.encode(row[0].get<std::string>());
      EXPECT_EQ(ids, row[1].get<Ids>()) << name << ": " << row[0];
      EXPECT_EQ(tokenizer.decode(ids), row[2].get<std::string>()) << name << ": " << row[0];
      ++rows;
    }
    for (const json& row : golden.at("decoded"))
      EXPECT_EQ(tokenizer.decode(row[0].get<Ids>()), row[1].get<std::string>())
          << name << ": " << row[0];
  }
  EXPECT_GE(rows, 500u);
}

TEST_F(FoldersTest, GiveTransformersIdsOfAllInputsOfBbh) {
  std::vector<std::string> inputs;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(SOURCE_DIR "/configs/tasks/bbh"))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files)
    for (const task::Example& row : task::read_examples(file)) inputs.push_back(row.input);
  EXPECT_EQ(inputs.size(), 6511u);
  int folders = 0;
  for (const json& golden : golden()) {
    if (!golden.contains("bbh")) continue;
    const UnigramTokenizer tokenizer(make(golden));
    std::vector<std::string> lines;
    for (const std::string& input : inputs)
      lines.push_back(base::format("{}", fmt::join(tokenizer.encode(input), ",")));
    EXPECT_EQ(base::sha256(base::join(lines, "\n")), golden.at("bbh").get<std::string>())
        << golden.at("name");
    ++folders;
  }
  EXPECT_GE(folders, 4);
}

}  // namespace
}  // namespace lorahub::text
