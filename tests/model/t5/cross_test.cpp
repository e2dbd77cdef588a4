#include "model/t5/cross.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/models.hpp"

namespace lorahub::model::t5 {
namespace {

// Both forms against each other and, one head of one example, against the formula in f64.
TEST(Cross, absorbed_and_projected_forms_are_one_function) {
  const test::Golden g = test::golden("tiny_gated");
  const Attention& layer = g.network.decoder.blocks[1].cross;
  const tensor::Packing targets = tensor::pack({2, 1, 5}), sources = tensor::pack({7, 30, 11});
  const at::Tensor x = test::hashed("x", {3, 8, g.config.d_model}, 1.7);
  const at::Tensor encoded = test::hashed("encoded", {3, 48, g.config.d_model}, 1.7);
  const tensor::Sides sides{.targets = targets, .sources = sources};
  Adapter scaled = test::random_adapter(g.config, 1);
  scaled.candidates = 3;
  for (LowRank& low : scaled.slots) low.scale = test::hashed("scale", {3, 4}, 1);
  for (const Adapter& adapter :
       {Adapter{.candidates = 3, .slots = {}}, test::random_adapter(g.config, 3), scaled}) {
    const Cross cross{.layer = layer,
                      .adapter = adapter,
                      .encoded = encoded,
                      .sides = sides,
                      .heads = g.config.heads};
    const at::Tensor projected = cross_projected(cross, x), absorbed = cross_absorbed(cross, x);
    ASSERT_EQ(projected.sizes(), absorbed.sizes());
    EXPECT_LT((projected - absorbed).abs().max().item<double>(), 3e-6);

    const auto weight =
        [&](const tensor::Linear& linear) {  // candidate 2, head 1, merged: [d_kv, d]
          at::Tensor w = linear.weight.to(at::kDouble);
          if (!adapter.slots.empty()) {
            const LowRank low = test::one_of(adapter, 2).slots[linear.slot];
            at::Tensor a = low.a[0];
            if (low.scale.defined()) a = a * low.scale[0].unsqueeze(1);
            w = w + at::mm(low.b[0].to(at::kDouble), a.to(at::kDouble));
          }
          return w.narrow(0, g.config.d_kv, g.config.d_kv);
        };
    const at::Tensor e = encoded[2].narrow(0, 37, 11).to(at::kDouble);
    const at::Tensor q = at::mm(x[2].narrow(0, 3, 5).to(at::kDouble), weight(layer.q).t());
    const at::Tensor scores = at::softmax(at::mm(q, at::mm(e, weight(layer.k).t()).t()), -1);
    const at::Tensor expected = at::mm(scores, at::mm(e, weight(layer.v).t()));
    const at::Tensor ours =
        absorbed[2].narrow(0, 3, 5).narrow(1, g.config.d_kv, g.config.d_kv).to(at::kDouble);
    EXPECT_LT((ours - expected).abs().max().item<double>(), 3e-6);
  }
}

TEST(Cross, absorbing_is_for_short_targets) {
  T5Config config;
  config.d_model = 768;
  config.heads = 12;
  config.d_kv = 64;
  const auto is_short = [&](int64_t target, int64_t source) {
    const tensor::Packing targets = tensor::pack({target}), sources = tensor::pack({source});
    return short_targets(config, {.targets = targets, .sources = sources});
  };
  EXPECT_TRUE(is_short(4, 128));
  EXPECT_TRUE(is_short(16, 512));
  EXPECT_FALSE(is_short(64, 128));  // operations are equal near T = d_kv
  EXPECT_FALSE(is_short(4, 4));
}

}  // namespace
}  // namespace lorahub::model::t5
