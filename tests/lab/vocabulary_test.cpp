#include "lab/vocabulary.hpp"

#include <gtest/gtest.h>
#include <sentencepiece_processor.h>

#include "../process.hpp"
#include "lab/rows.hpp"
#include "lab/start.hpp"
#include "shipped_recipe.hpp"
#include "text/unigram_tokenizer.hpp"

namespace lorahub::lab {
namespace {

namespace fs = std::filesystem;

class Vocabulary : public testing::Test {
 protected:
  Vocabulary() {
    model::t5::T5Config config = recipe_.model;
    config.vocabulary = 600;
    write_start(folder_, start_network(config, 1), pieces_);
  }

  const Recipe recipe_ = shipped();
  const Words words_ = vocabulary(recipe_);
  const std::string pieces_ = train_pieces(words_);
  const fs::path folder_ = fresh_folder("vocabulary");
};

TEST_F(Vocabulary, every_word_is_one_piece_here_and_in_sentencepiece) {
  const text::UnigramTokenizer ours(folder_);
  sentencepiece::SentencePieceProcessor theirs;
  ASSERT_TRUE(theirs.LoadFromSerializedProto(pieces_).ok());
  std::set<int64_t> ids;
  for (const std::string& word : words_) {
    const text::Ids id = ours.encode(word);
    ASSERT_EQ(id.size(), 2U) << word;
    EXPECT_GT(id[0], 2) << word;
    EXPECT_EQ(id[1], 1);  // </s>
    ids.insert(id[0]);
    EXPECT_EQ(theirs.EncodeAsIds(word), std::vector<int>{static_cast<int>(id[0])}) << word;
  }
  EXPECT_EQ(ids.size(), words_.size());
}

TEST_F(Vocabulary, prompts_are_words_and_come_back) {
  const text::UnigramTokenizer tokenizer(folder_);
  Recipe recipe = recipe_;
  recipe.rows.mix = 2000;
  recipe.rows.few_shot = 200;
  Rows rows = mix_rows(recipe, {});
  for (const LabTask& task : recipe.targets()) {
    const Target target = target_rows(recipe, task);
    rows.insert(rows.end(), target.test.begin(), target.test.end());
  }
  for (const task::Example& row : rows)
    for (const std::string* text : {&row.input, &row.target}) {
      const text::Ids ids = tokenizer.encode(*text);
      const auto spaces = static_cast<size_t>(std::ranges::count(*text, ' '));
      ASSERT_EQ(ids.size(), spaces + 2) << *text;  // one piece a word, </s>
      ASSERT_EQ(tokenizer.decode(ids), *text);
    }
}

TEST_F(Vocabulary, other_text_is_spelt) {
  const text::UnigramTokenizer tokenizer(folder_);
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("Q&A: zebra #7")), "Q&A: zebra #7");
}

TEST_F(Vocabulary, a_second_training_gives_the_same_bytes) {
  EXPECT_EQ(train_pieces(vocabulary(shipped())), pieces_);
}

TEST_F(Vocabulary, the_folder_is_a_model) {
  const model::t5::T5Config config = model::t5::read_config(folder_);
  EXPECT_EQ(config.vocabulary, 600);
  EXPECT_EQ(config.d_model, 128);
  EXPECT_EQ(config.dropout, 0);
  EXPECT_TRUE(config.gated);
  EXPECT_FALSE(config.scale_outputs);
  EXPECT_EQ(model::t5::load(folder_, {}).embedding.size(0), 600);
}

}  // namespace
}  // namespace lorahub::lab
