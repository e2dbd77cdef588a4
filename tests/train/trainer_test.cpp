#include "train/trainer.hpp"

#include <gtest/gtest.h>

#include <set>

#include "../process.hpp"
#include "base/check.hpp"
#include "golden.hpp"
#include "train/batches.hpp"

namespace lorahub::train {
namespace {

Settings settings() {
  return {.batch = 3,
          .batch_tokens = 60,
          .accumulate = 2,
          .rule = {.beta1 = 0.8, .beta2 = 0.95, .weight_decay = 0.01},
          .factors = {{"block", 2}},
          .rate = {.peak = 0.01, .schedule = Schedule::linear, .warmup = 2, .steps = 7, .hold = 2},
          .clip = 1,
          .model_dropout = 0.1,
          .dropout = 0.1,
          .seed = 5,
          .threads = 2};
}

Trainer trainer(const std::string& name) {
  test::Case c = test::make_case(name);
  return {c.trainable, c.golden.pairs, settings()};
}

void expect_same(const Trainer& a, const Trainer& b) {
  EXPECT_EQ(a.losses(), b.losses());
  for (size_t i = 0; i < a.trainable().parameters.size(); ++i)
    EXPECT_TRUE(at::equal(a.trainable().parameters[i].value, b.trainable().parameters[i].value));
}

TEST(Trainer, a_checkpoint_goes_on_with_the_same_bits) {
  for (const std::string name : {"lora", "ia3", "full"}) {
    const auto file = fresh_folder("trainer") / "checkpoint.safetensors";
    Trainer whole = trainer(name);
    while (!whole.done()) whole.step();
    Trainer cut = trainer(name);
    for (int i = 0; i < 3; ++i) cut.step();
    cut.save(file, "this");
    cut.step();  // lost, as by a kill between checkpoints
    Trainer resumed = trainer(name);
    ASSERT_TRUE(resumed.load(file, "this"));
    EXPECT_EQ(resumed.steps(), 3);
    while (!resumed.done()) resumed.step();
    expect_same(whole, resumed);
  }
}

TEST(Trainer, a_checkpoint_of_another_training_is_refused) {
  const auto file = fresh_folder("trainer") / "checkpoint.safetensors";
  Trainer some = trainer("lora");
  EXPECT_FALSE(some.load(file, "this"));
  some.save(file, "this");
  EXPECT_THROW(some.load(file, "that"), base::Error);
}

TEST(Trainer, accumulated_batches_are_one_large_batch) {
  test::Case c = test::make_case("lora");
  Settings one = settings();
  one.model_dropout = one.dropout = 0;
  one.batch_tokens = 0;
  Trainer accumulating(c.trainable, c.golden.pairs, one);
  EXPECT_EQ(course(c.golden.pairs, one).first_step(1), 2);  // 8 rows: 3 + 3, 2
  std::vector<model::Tokens> rows;
  for (const size_t row : accumulating.step_rows(0)) rows.push_back(c.golden.pairs[row]);
  const Gradients together = gradients(c.trainable, rows, {}, 1);
  accumulating.step();
  EXPECT_EQ(accumulating.losses()[0], together.loss_sum / static_cast<double>(together.tokens));
}

TEST(Trainer, a_loss_that_is_not_finite_ends_it) {
  test::Case c = test::make_case("full");
  Settings wild = settings();
  wild.rate = {.peak = 1e30, .schedule = Schedule::constant, .warmup = 0, .steps = 9};
  Trainer diverging(c.trainable, c.golden.pairs, wild);
  EXPECT_THROW(
      {
        while (!diverging.done()) diverging.step();
      },
      base::Error);
}

TEST(Batches, hold_each_row_once_and_like_lengths_together) {
  std::vector<size_t> lengths;
  for (size_t i = 0; i < 403; ++i) lengths.push_back(1 + i * 37 % 101);
  const Shuffle shuffle{.batch = 10, .seed = 3};
  const auto batches = epoch_batches(lengths, shuffle, 0);
  EXPECT_EQ(batches.size(), 41U);
  std::set<size_t> seen;
  size_t padding = 0, tokens = 0;
  for (const auto& batch : batches) {
    size_t longest = 0;
    for (const size_t row : batch) {
      EXPECT_TRUE(seen.insert(row).second);
      longest = std::max(longest, lengths[row]);
    }
    for (const size_t row : batch) {
      tokens += lengths[row];
      padding += longest - lengths[row];
    }
  }
  EXPECT_EQ(seen.size(), lengths.size());
  EXPECT_LT(padding, tokens / 10);
  EXPECT_EQ(batches, epoch_batches(lengths, shuffle, 0));
  EXPECT_NE(batches, epoch_batches(lengths, shuffle, 1));
}

TEST(Batches, are_cut_by_tokens_too) {
  std::vector<size_t> lengths;
  for (size_t i = 0; i < 403; ++i) lengths.push_back(1 + i * 37 % 101);
  lengths.push_back(500);  // alone, though it is too long
  const auto batches = epoch_batches(lengths, {.batch = 10, .batch_tokens = 300, .seed = 3}, 0);
  std::set<size_t> seen;
  size_t full = 0;
  for (const auto& batch : batches) {
    size_t longest = 0;
    for (const size_t row : batch) {
      EXPECT_TRUE(seen.insert(row).second);
      longest = std::max(longest, lengths[row]);
    }
    EXPECT_TRUE(batch.size() * longest <= 300 || batch.size() == 1)
        << batch.size() << " " << longest;
    EXPECT_LE(batch.size(), 10U);
    full += batch.size() == 10 ? 1 : 0;
  }
  EXPECT_EQ(seen.size(), lengths.size());
  EXPECT_GT(full, 5U);  // of short rows
}

TEST(RowOrder, goes_through_the_passes_in_order_and_from_anywhere) {
  std::vector<model::Tokens> rows;
  for (size_t i = 0; i < 57; ++i)
    rows.push_back({.source = model::Ids(1 + i * 7 % 31, 5), .target = {1}});
  const Shuffle shuffle{.batch = 8, .batch_tokens = 64, .seed = 3};
  RowOrder course(rows, shuffle, 2);
  std::vector<std::vector<size_t>> steps;
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    std::set<size_t> seen;
    for (int64_t step = course.first_step(epoch); step < course.first_step(epoch + 1); ++step) {
      steps.push_back(course.rows(step));
      seen.insert(steps.back().begin(), steps.back().end());
    }
    EXPECT_EQ(seen.size(), rows.size());
  }
  for (int64_t step = static_cast<int64_t>(steps.size()); step-- > 0;) {
    RowOrder fresh(rows, shuffle, 2);  // as after a restart
    EXPECT_EQ(fresh.rows(step), steps[static_cast<size_t>(step)]);
    EXPECT_EQ(course.rows(step), steps[static_cast<size_t>(step)]);
  }
}

}  // namespace
}  // namespace lorahub::train
