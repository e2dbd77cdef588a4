#include "train/gradients.hpp"

#include <gtest/gtest.h>

#include "golden.hpp"

namespace lorahub::train {
namespace {

using test::Case;
using test::make_case;

constexpr const char* kCases[] = {"lora", "lora_all", "ia3", "ia3_relu", "full", "full_tied"};

TEST(Gradients, are_those_of_transformers_and_peft) {
  for (const std::string name : kCases) {
    SCOPED_TRACE(name);
    const Case c = make_case(name);
    const Gradients found = gradients(c.trainable, c.golden.pairs, {}, 2);
    EXPECT_NEAR(found.loss_sum / static_cast<double>(found.tokens), c.expected.at("loss"), 1e-5);
    const double worst =
        test::expect_gradients(c.trainable, found.of_mean, c.expected.at("gradients"), 1e-4);
    RecordProperty(name, base::format("{:.1e}", worst));
  }
}

// Each product is rounded to 2^-9, which the network amplifies (to 0.02 to 0.09 here).
TEST(Gradients, in_bf16_are_near_those_of_f32) {
  for (const std::string name : kCases) {
    SCOPED_TRACE(name);
    const Case c = make_case(name, at::kBFloat16);
    const Gradients found = gradients(c.trainable, c.golden.pairs, {}, 1);
    test::expect_gradients(c.trainable, found.of_mean, c.expected.at("gradients"), 0.15);
  }
}

// Moves all parameters a little along hashed directions, in f64.
TEST(Gradients, are_slopes_of_the_loss_with_dropout_too) {
  for (const std::string name : kCases) {
    Case c = make_case(name, at::kDouble);
    const std::span rows = std::span(c.golden.pairs).subspan(1, 3);
    for (Parameter& p : c.trainable.parameters) p.value = p.value.to(at::kDouble);
    const Noise noise{.model = 0.2, .adapter = 0.3, .seed = 3, .step = 1};
    const test::Slope slope = test::slope(c.trainable, rows, noise);
    EXPECT_NEAR(slope.measured, slope.told, 1e-4 * std::abs(slope.told)) << name;
  }
}

TEST(Gradients, have_the_same_bits_for_any_number_of_threads) {
  const Case c = make_case("full");
  std::vector<model::Tokens> rows;  // several tiles
  for (int copy = 0; copy < 12; ++copy)
    rows.insert(rows.end(), c.golden.pairs.begin(), c.golden.pairs.end());
  ASSERT_GT(tiles(rows).size(), 2U);
  const Noise noise{.model = 0.1, .adapter = 0.1, .seed = 1, .step = 0};
  const Gradients one = gradients(c.trainable, rows, noise, 1);
  for (const int threads : {2, 5}) {
    const Gradients several = gradients(c.trainable, rows, noise, threads);
    EXPECT_EQ(one.loss_sum, several.loss_sum);
    for (size_t i = 0; i < one.of_mean.size(); ++i)
      EXPECT_TRUE(at::equal(one.of_mean[i], several.of_mean[i]));
  }
}

TEST(Gradients, tiles_hold_each_row_once_and_few_tokens) {
  std::vector<model::Tokens> rows;
  for (const size_t length : {3, 700, 2000, 300, 301, 40, 40})
    rows.push_back({.source = model::Ids(length, 5), .target = {1}});
  std::vector<size_t> seen;
  for (const auto& tile : tiles(rows)) {
    const size_t padded = rows[tile.front()].source.size() * tile.size();
    EXPECT_TRUE(tile.size() == 1 || padded <= static_cast<size_t>(kTileTokens));
    seen.insert(seen.end(), tile.begin(), tile.end());
  }
  EXPECT_EQ(seen, (std::vector<size_t>{2, 1, 4, 3, 5, 6, 0}));
}

}  // namespace
}  // namespace lorahub::train
