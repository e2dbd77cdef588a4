// The encoder's weights in the order of memory that a kernel for many rows prefers.
#include <gtest/gtest.h>

#include "model/golden_config.hpp"
#include "tensor/matmul.hpp"

namespace lorahub::model::t5 {
namespace {

double difference(const at::Tensor& x, const at::Tensor& y) {
  return (x.to(at::kDouble) - y.to(at::kDouble)).abs().max().item<double>();
}

at::Tensor exact(const at::Tensor& x, const at::Tensor& weight) {
  return at::matmul(x.to(at::kDouble), weight.to(at::kDouble).t());
}

TEST(TransposedWeights, ChangeNothingBeyondRoundingAndAReplacedWeightDoesWithout) {
  const T5Config c{.d_model = 64,
                   .d_kv = 16,
                   .d_ff = 96,
                   .heads = 4,
                   .encoder_layers = 2,
                   .decoder_layers = 1,
                   .vocabulary = 50,
                   .gated = true,
                   .gelu = true};
  Network network = build(c, test::hash_model(c, test::Head::untied), {});
  transpose_weights(network, "");
  if (!tensor::wants_transposed(at::kFloat)) {
    EXPECT_FALSE(network.encoder.blocks[0].ff.wo.transposed.defined());
    GTEST_SKIP() << "this processor's kernels take the weights as they are";
  }
  tensor::Linear& layer = network.encoder.blocks[1].ff.wo;
  ASSERT_TRUE(at::equal(layer.transposed, layer.weight));
  EXPECT_TRUE(layer.transposed.t().is_contiguous());
  EXPECT_FALSE(network.decoder.blocks[0].ff.wo.transposed.defined());
  const at::Tensor x = test::hashed("x", {1, 200, 96}, 1);
  EXPECT_LT(difference(tensor::product(x, layer), exact(x, layer.weight)), 1e-5);
  layer.weight = test::hashed("other", {64, 96}, 1);
  EXPECT_LT(difference(tensor::product(x, layer), exact(x, layer.weight)), 1e-5);
}

}  // namespace
}  // namespace lorahub::model::t5
