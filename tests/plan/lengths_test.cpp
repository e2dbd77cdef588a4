#include "plan/lengths.hpp"

#include <gtest/gtest.h>

#include "objective/objective.hpp"
#include "study/trial.hpp"
#include "task/task.hpp"
#include "text/bpe_golden.hpp"
#include "text/tokenizer.hpp"

namespace lorahub::plan {
namespace {

// A shot of more tokens than a loss reads of an input that stands apart from its target.
task::Task long_shot() {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += " q";
  return {.name = "t", .shots = {{.input = text, .target = "a"}}, .shot_rows = {0}};
}

struct Read {
  size_t planned = 0;           // shots that are cut, by the plan
  size_t counted = 0;           // the same, by count_cut()
  double planned_tokens = 0;    // of the input
  size_t tokens_of_a_loss = 0;  // of the same
};
Read read_as(text::Sequences sequences) {
  const text::BpeTestFolder folder(text::bpe_variant("smollm"));
  const auto tokenizer =
      text::load_tokenizer(folder.path(), {.vocabulary = 1 << 20, .sequences = sequences});
  const task::Task task = long_shot();
  const Lengths all =
      lengths({.max_input = 1 << 20}, task, {.tokenizer = tokenizer.get()}, Reads::shots);
  return {.planned = all.cut,
          .counted = count_cut(*tokenizer, task.shots),
          .planned_tokens = all.shots[0].source,
          .tokens_of_a_loss = objective::tokenize(*tokenizer, task.shots)[0].source.size()};
}

TEST(Lengths, AreThoseThatALossReads) {
  const Read apart = read_as(text::Sequences::two);
  EXPECT_EQ(apart.planned, 1U);
  EXPECT_EQ(apart.counted, 1U);
  EXPECT_EQ(apart.planned_tokens, 2048);
  EXPECT_EQ(apart.tokens_of_a_loss, 2048U);
}

TEST(Lengths, OfADecoderOnlyModelAreWhole) {
  const Read as_one = read_as(text::Sequences::one);
  EXPECT_EQ(as_one.planned, 0U);
  EXPECT_EQ(as_one.counted, 0U);
  EXPECT_GE(as_one.tokens_of_a_loss, 3000U);
  EXPECT_NEAR(as_one.planned_tokens, static_cast<double>(as_one.tokens_of_a_loss), 1);
}

}  // namespace
}  // namespace lorahub::plan
