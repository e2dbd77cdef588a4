// What all tokenizers of byte-pair encoding must give: the ids and texts of `tokenizers`.
#pragma once
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "base/sha256.hpp"
#include "bpe_golden.hpp"
#include "hostile_texts.hpp"
#include "task/task.hpp"
#include "text/tokenizer.hpp"

namespace lorahub::text {

inline std::string written(const Ids& ids) { return base::format("{}", fmt::join(ids, ",")); }

// SHA-256 of what `of` makes of each text.
template <class Of>
std::string digest(const std::vector<std::string>& texts, const Of& of) {
  std::vector<std::string> rows;
  for (const std::string& text : texts) rows.push_back(of(text));
  return base::sha256(base::format("{}", fmt::join(rows, "\n")));
}

inline const std::vector<std::string>& bbh_inputs() {
  static const auto* const inputs = [] {
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(SOURCE_DIR "/configs/tasks/bbh"))
      if (file.path().extension() == ".json") files.push_back(file.path());
    std::ranges::sort(files);
    auto* texts = new std::vector<std::string>;
    for (const std::filesystem::path& file : files)
      for (const task::Example& row : task::read_examples(file)) texts->push_back(row.input);
    return texts;
  }();
  return *inputs;
}

inline std::vector<std::vector<std::string>> hostile_blocks(size_t count) {
  HostileTexts texts(bpe_golden()["parts"], bpe_golden()["ranges"]);
  std::vector<std::vector<std::string>> blocks(count);
  for (std::vector<std::string>& block : blocks)
    for (int i = 0; i < 1000; ++i) block.push_back(texts.next());
  return blocks;
}

// All that `tokenizers` gave is given here, too.
inline void expect_same(const Tokenizer& tokenizer, const nlohmann::json& reference) {
  EXPECT_EQ(tokenizer.size(), reference["size"].get<int>());
  for (const nlohmann::json& row : reference["rows"]) {
    const Ids ids = tokenizer.encode(row["text"].get<std::string>());
    EXPECT_EQ(ids, row["ids"].get<Ids>()) << row["text"];
    EXPECT_EQ(tokenizer.decode(ids), row["decoded"].get<std::string>()) << row["text"];
  }
  const auto ids = [&](const std::string& text) { return written(tokenizer.encode(text)); };
  const auto again = [&](const std::string& text) {
    return tokenizer.decode(tokenizer.encode(text));
  };
  const auto broken = [&](const std::string& text) {
    Ids every_second;
    const Ids all = tokenizer.encode(text);
    for (size_t i = 1; i < all.size(); i += 2) every_second.push_back(all[i]);
    return tokenizer.decode(every_second);
  };
  ASSERT_EQ(bbh_inputs().size(), 6511U);
  EXPECT_EQ(digest(bbh_inputs(), ids), reference["bbh"].get<std::string>());
  const auto blocks = hostile_blocks(reference["hostile"].size());
  ASSERT_EQ(blocks.size(), 20U);
  for (size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(digest(blocks[i], ids), reference["hostile"][i].get<std::string>()) << i;
    EXPECT_EQ(digest(blocks[i], again), reference["decoded"][i].get<std::string>()) << i;
  }
  const std::vector<std::string> few(blocks[0].begin(), blocks[0].begin() + 200);
  EXPECT_EQ(digest(few, broken), reference["broken"].get<std::string>());
}

}  // namespace lorahub::text
