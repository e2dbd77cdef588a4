// Answers of a decoder-only model, which are read up to a stop text.
#include <gtest/gtest.h>

#include <atomic>

#include "cli/tiny_decoder.hpp"
#include "objective/load_model.hpp"
#include "objective/objective.hpp"

namespace lorahub::objective {
namespace {

class DecoderAnswers : public ::testing::Test {
 protected:
  DecoderAnswers() : decoder_(folder()) {}
  ~DecoderAnswers() override { std::filesystem::remove_all(decoder_.folder()); }

  LoadedModel with_stops(const std::vector<std::string>& stops) const {
    decoder_.put("lorahub_prompt.json", {{"stop", stops}, {"joiner", ""}});
    return load_model(decoder_.folder().string(), study::Precision::f32, {.threads = 2});
  }
  static std::filesystem::path folder() {
    std::string pattern = testing::TempDir() + "decoder_XXXXXX";
    return mkdtemp(pattern.data());
  }

  TinyDecoder decoder_;
  std::vector<std::string> prompts_{
      "big => small ; up =>", "1 + 1 =",      "the capital of France is", "a",
      "the the the",          "Q: is it?\nA:"};
};

// The first letter of ASCII at or behind this place; "" for none.
std::string ascii_letter(const std::string& text, size_t from) {
  while (from < text.size() && (text[from] <= ' ' || text[from] == 0x7F)) ++from;
  return text.substr(from, 1);
}

TEST_F(DecoderAnswers, EndAtTheStopTextWhateverTheBatchAndTheMostTokens) {
  const auto answers = [&](const LoadedModel& loaded, int tokens, int batch) {
    return answer(loaded, {}, prompts_, {.max_tokens = tokens, .batch = batch});
  };
  const std::vector<std::string> free = answers(with_stops({}), 40, 6);
  size_t cut = 0, stopped = 0;
  for (const std::string& of : free) {
    const std::string stop = ascii_letter(of, of.size() / 3);
    if (stop.empty()) continue;
    ++stopped;
    const LoadedModel loaded = with_stops({stop});
    std::vector<std::string> expected;
    for (const std::string& text : free) {
      expected.push_back(text.substr(0, text.find(stop)));
      cut += expected.back() != text;
    }
    for (const int batch : {1, 2, 6}) EXPECT_EQ(answers(loaded, 40, batch), expected) << stop;
    EXPECT_EQ(answer_each(loaded, {}, prompts_, {.max_tokens = 40}), expected) << stop;
  }
  EXPECT_GT(stopped, 3U);
  EXPECT_GT(cut, stopped);
}

// Answers take as many steps as they have tokens, not as many as they may have: the tokenizer is
// asked about each.
TEST_F(DecoderAnswers, TakeNoStepsBehindTheStopText) {
  class Counting : public text::Tokenizer {
   public:
    explicit Counting(std::shared_ptr<const text::Tokenizer> inner)
        : Tokenizer(inner->folder()), inner_(std::move(inner)) {}
    text::Ids encode(const std::string& text, int limit) const override {
      return inner_->encode(text, limit);
    }
    text::Ids encode_target(const std::string& text, int limit) const override {
      return inner_->encode_target(text, limit);
    }
    std::string decode(const text::Ids& ids) const override { return inner_->decode(ids); }
    bool is_whole_answer(const text::Ids& ids) const override {
      longest = std::max<size_t>(longest, ids.size());
      return inner_->is_whole_answer(ids);
    }
    int size() const override { return inner_->size(); }
    void check_fits(int64_t vocabulary) const override { inner_->check_fits(vocabulary); }
    mutable std::atomic<size_t> longest = 0;

   private:
    std::shared_ptr<const text::Tokenizer> inner_;
  };
  const std::string free =
      answer(with_stops({}), {}, std::span(&prompts_[2], 1), {.max_tokens = 40})[0];
  LoadedModel loaded = with_stops({ascii_letter(free, 1)});
  const auto counting = std::make_shared<const Counting>(loaded.tokenizer);
  loaded.tokenizer = counting;
  answer(loaded, {}, std::span(&prompts_[2], 1), {.max_tokens = 400});
  EXPECT_GE(counting->longest, 1U);
  EXPECT_LT(counting->longest, 40U);
}

}  // namespace
}  // namespace lorahub::objective
