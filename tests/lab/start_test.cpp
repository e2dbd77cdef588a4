#include "lab/start.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/t5/initial.hpp"
#include "tensor/packed_attention.hpp"

namespace lorahub::lab {
namespace {

model::t5::T5Config sizes() {
  model::t5::T5Config config{.d_model = 128,
                             .d_kv = 32,
                             .d_ff = 256,
                             .heads = 4,
                             .encoder_layers = 4,
                             .decoder_layers = 2,
                             .vocabulary = 590};
  config.gated = config.gelu = true;
  return config;
}

// The spread of a head's scores between tokens that are alike and between others, of unit vectors.
struct Scores {
  double same = 0, other = 0;
};
Scores scores(const model::t5::Attention& attention, int64_t head) {
  const at::Tensor x = at::randn({64, 128}, at::make_generator<at::CPUGeneratorImpl>(1));
  const auto rows = [&](const tensor::Linear& l) {
    return l.weight.slice(0, head * 32, head * 32 + 32);
  };
  const at::Tensor s = x.matmul(rows(attention.q).t()).matmul(rows(attention.k)).matmul(x.t());
  const at::Tensor alike = s.diagonal();
  return {.same = alike.mean().item<double>(),
          .other = ((s.sum() - alike.sum()) / (64 * 63)).item<double>()};
}

TEST(Start, some_heads_look_at_copies_and_others_do_not) {
  const model::t5::Network network = start_network(sizes(), 1);
  for (const model::t5::Block& block : network.encoder.blocks)
    for (int64_t head = 0; head < 4; ++head) {
      const Scores s = scores(block.self, head);
      if (head == 2) {
        EXPECT_GT(s.same, s.other + 3);  // expected: 32 (1 / 32) sqrt(32) = 5.7
      } else {
        EXPECT_NEAR(s.same, s.other, 1);
      }
    }
  for (const model::t5::Block& block : network.decoder.blocks)
    for (int64_t head = 0; head < 4; ++head) {
      const Scores s = scores(block.cross, head);
      if (head < 2) {
        EXPECT_GT(s.same, s.other + 3);
      } else {
        EXPECT_NEAR(s.same, s.other, 1);
      }
    }
}

TEST(Start, neighbours_by_the_position_bias) {
  const model::t5::Network fresh = model::t5::initial_network(sizes(), 1),
                           start = start_network(sizes(), 1);
  const at::Tensor added = (start.encoder.relative_bias - fresh.encoder.relative_bias).round();
  at::Tensor expected = at::zeros({32, 4});
  expected[1][0] = 3;   // one back
  expected[17][1] = 3;  // one ahead
  expected[0][2] = -4;  // itself
  EXPECT_TRUE(at::equal(added, expected)) << added;
  EXPECT_TRUE(at::equal(start.decoder.relative_bias, fresh.decoder.relative_bias));
  EXPECT_NEAR(start.lm_head.std().item<double>(), 0.3 / std::sqrt(128.0), 1e-3);
}

}  // namespace
}  // namespace lorahub::lab
