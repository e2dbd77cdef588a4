#include <gtest/gtest.h>

#include <limits>

#include "model/models.hpp"
#include "tensor/cpu/attention_kernel.hpp"
#include "tensor/packed_attention.hpp"
#include "tensor/with_gpu.hpp"

namespace lorahub::model::t5 {
namespace {

TEST(Attention, buckets_are_those_of_transformers_at_every_distance) {
  const nlohmann::json golden = test::read_golden("buckets");
  for (const auto& table : golden.at("tables")) {
    model::t5::T5Config config;
    config.buckets = table.at("buckets");
    config.max_distance = table.at("max_distance");
    const int64_t reach = -table.at("first").get<int64_t>();
    const model::t5::Window all{.queries = reach + 1, .keys = reach + 1};
    const std::pair<model::t5::Direction, const char*> directions[] = {
        {model::t5::Direction::both, "both"}, {model::t5::Direction::causal, "causal"}};
    for (const auto& [direction, name] : directions) {
      const at::Tensor buckets = model::t5::relative_buckets(config, direction, all);
      const at::Tensor behind = buckets.select(0, reach);  // distances -reach .. 0
      const at::Tensor ahead = buckets.select(0, 0);       // 0 .. reach
      for (int64_t i = 0; i <= reach; ++i) {
        ASSERT_EQ(behind[i].item<int64_t>(), table.at(name).at(i)) << name << i - reach;
        ASSERT_EQ(ahead[i].item<int64_t>(), table.at(name).at(reach + i)) << name << i;
      }
    }
  }
}

TEST(Attention, bias_of_shorter_sequences_is_the_corner_and_of_the_last_query_the_last_row) {
  const test::Golden g = test::golden("tiny_relu");
  const auto bias = [&](model::t5::Direction direction, int64_t queries, int64_t keys) {
    return model::t5::position_bias(g.config, g.network.decoder, direction,
                                    {.queries = queries, .keys = keys});
  };
  for (const model::t5::Direction direction :
       {model::t5::Direction::both, model::t5::Direction::causal}) {
    const at::Tensor wide = bias(direction, 90, 90);
    EXPECT_TRUE(at::equal(wide.narrow(2, 0, 13).narrow(3, 0, 13), bias(direction, 13, 13)));
    EXPECT_TRUE(at::equal(wide.narrow(2, 89, 1), bias(direction, 1, 90)));
  }
}

// As many rows of the table as there are pairs, without any of them in memory meanwhile.
TEST(Attention, bias_is_that_of_every_pair) {
  const test::Golden g = test::golden("tiny_relu");
  const std::vector<model::t5::Window> windows{
      {.queries = 300, .keys = 300}, {.queries = 7, .keys = 150}, {.queries = 1, .keys = 40}};
  for (const model::t5::Window window : windows) {
    const at::Tensor wanted =
        g.network.encoder.relative_bias
            .index_select(
                0,
                model::t5::relative_buckets(g.config, model::t5::Direction::both, window).flatten())
            .t()
            .view({1, g.config.heads, window.queries, window.keys});
    const at::Tensor bias =
        model::t5::position_bias(g.config, g.network.encoder, model::t5::Direction::both, window);
    EXPECT_TRUE(at::equal(bias, wanted));
    EXPECT_TRUE(bias.is_contiguous());
  }
}

TEST(Attention, bias_is_the_tables_row_and_minus_infinity_ahead) {
  model::t5::T5Config config;
  config.heads = 2;
  config.buckets = 4;
  config.max_distance = 8;
  model::t5::Stack stack;
  stack.relative_bias = at::arange(8, at::kFloat).view({4, 2});
  const at::Tensor bias = model::t5::position_bias(config, stack, model::t5::Direction::causal,
                                                   {.queries = 3, .keys = 3});
  const float inf = std::numeric_limits<float>::infinity();
  const at::Tensor second_head =
      at::tensor({1.f, -inf, -inf, 3.f, 1.f, -inf, 5.f, 3.f, 1.f}).view({3, 3});
  EXPECT_TRUE(at::equal(bias[0][1], second_head)) << bias[0][1];
}

// Three packed sequences of 3 heads, each against the formula in f64.
void expect_formula(at::ScalarType dtype, int64_t width, double tolerance) {
  constexpr int64_t kHeads = 3;
  const tensor::Packing packing = tensor::pack({5, 1, 9});
  EXPECT_EQ(packing.rows, 15);
  EXPECT_EQ(packing.longest, 9);
  EXPECT_EQ(packing.offsets, (std::vector<int64_t>{0, 5, 6}));
  const auto values = [&](const char* name) {
    return test::hashed(name, {2, 15, kHeads * width}, 1).to(dtype);
  };
  const tensor::Projections x{.q = values("q"), .k = values("k"), .v = values("v")};
  const at::Tensor bias = test::hashed("bias", {1, kHeads, 9, 9}, 2);
  const at::Tensor all =
      tensor::attend_packed(x, {.targets = packing, .sources = packing}, bias, kHeads);
  EXPECT_EQ(all.scalar_type(), dtype);
  for (int64_t p = 0; p < 2; ++p) {
    for (size_t i = 0; i < 3; ++i) {
      const int64_t from = packing.offsets[i], n = packing.lengths[i];
      for (int64_t h = 0; h < kHeads; ++h) {
        const auto part = [&](const at::Tensor& t) {
          return t[p].narrow(0, from, n).narrow(1, width * h, width).to(at::kDouble);
        };
        const at::Tensor scores = at::mm(part(x.q), part(x.k).t()) +
                                  bias[0][h].narrow(0, 0, n).narrow(1, 0, n).to(at::kDouble);
        const at::Tensor expected = at::mm(at::softmax(scores, -1), part(x.v));
        EXPECT_LT(((part(all) - expected).abs() - expected.abs() * tolerance).max().item<double>(),
                  1e-6);
      }
    }
  }
}

TEST(Attention, packed_sequences_do_not_see_each_other) {
  expect_formula(at::kFloat, 8, 0);
  expect_formula(at::kFloat, 16, 0);
}

// Our own kernel computes bf16 inputs in f32 and rounds once, at the end.
TEST(Attention, of_bf16_is_the_formula_rounded) {
  expect_formula(at::kBFloat16, 16, tensor::fits_heads(16) ? 1.0 / 255 : 1.0 / 32);
}

// The fallback writes all scores to memory, which takes half as long again. Lengths are those of
// prompts, so no multiple of anything.
TEST(Attention, on_a_gpu_is_never_the_math_fallback) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  at::globalContext().setSDPUseMath(false);  // without a kernel of its own it throws
  const at::Tensor wide = at::ones({1, 4, 300, 300}, at::kCUDA);
  for (const at::ScalarType dtype : {at::kBFloat16, at::kFloat}) {
    for (const int64_t length : {5, 64, 109, 256}) {
      const at::Tensor x = at::ones({2, 4, length, 64}, at::device(at::kCUDA).dtype(dtype));
      const at::Tensor bias = wide.narrow(2, 0, length).narrow(3, 0, length);
      EXPECT_NO_THROW(tensor::attend(x, x, x, tensor::aligned(bias, dtype))) << length;
      EXPECT_NO_THROW(tensor::attend(x, x, x, {})) << length;
    }
  }
  at::globalContext().setSDPUseMath(true);
}

// Keys and values that all candidates share, and lengths that fill no block.
TEST(Attention, on_a_gpu_is_that_of_the_cpu) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  for (const int64_t length : {33, 64, 109}) {
    const at::Tensor q = at::randn({3, 4, length, 64});
    const at::Tensor k = at::randn({1, 4, length, 64}).expand({3, -1, -1, -1});
    const at::Tensor bias = at::randn({1, 4, length, length});
    const at::Tensor expected = tensor::attend(q, k, k, bias);
    const at::Tensor on_gpu =
        tensor::attend(q.cuda(), k.cuda(), k.cuda(), tensor::aligned(bias.cuda(), at::kFloat));
    EXPECT_TRUE(at::allclose(on_gpu.cpu(), expected, 1e-4, 1e-4)) << length;
  }
}

// Grouped heads, windows, and queries that are the last rows of their keys.
TEST(Attention, on_a_gpu_causal_heads_are_those_of_the_cpu) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  const tensor::Packing targets = tensor::pack({33, 5, 64}), sources = tensor::pack({40, 109, 64});
  for (const int64_t window : {0, 16}) {
    const tensor::CausalHeads heads{.count = 4, .groups = 2, .window = window};
    const at::Tensor q = at::randn({3, targets.rows, 4 * 64});
    const at::Tensor k = at::randn({3, sources.rows, 2 * 64}), v = at::randn_like(k);
    const tensor::Sides sides{.targets = targets, .sources = sources};
    const at::Tensor expected = tensor::attend_causal({.q = q, .k = k, .v = v}, sides, heads);
    const at::Tensor on_gpu =
        tensor::attend_causal({.q = q.cuda(), .k = k.cuda(), .v = v.cuda()}, sides, heads);
    EXPECT_TRUE(at::allclose(on_gpu.cpu(), expected, 1e-3, 1e-3)) << window;
  }
}

TEST(Attention, on_the_cpu_a_bias_needs_no_alignment) {
  const at::Tensor bias = at::rand({1, 2, 3, 5});
  EXPECT_TRUE(tensor::aligned(bias, at::kBFloat16).is_same(bias));
}

}  // namespace
}  // namespace lorahub::model::t5
