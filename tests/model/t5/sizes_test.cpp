// Sizes of the published models against what transformers counts, and operations against a count
// by hand.
#include "model/t5/sizes.hpp"

#include <gtest/gtest.h>

#include "model/golden_config.hpp"
#include "model/t5/flop.hpp"

namespace lorahub::model::t5 {
namespace {

TEST(Sizes, ParametersAreThoseThatTransformersCounts) {
  const nlohmann::json models = test::read_golden("sizes").at("models");
  int known = 0;
  for (const auto& model : models) {
    const auto config = published(model.at("name").get<std::string>());
    if (!config) continue;
    ++known;
    int64_t parameters = 0;
    for (const auto& [name, shape] : tensor_shapes(*config)) {
      int64_t count = 1;
      for (const int64_t n : shape) count *= n;
      parameters += count;
    }
    EXPECT_EQ(parameters, model.at("parameters").get<int64_t>()) << model.at("name");
  }
  EXPECT_EQ(known, 5);
  EXPECT_EQ(published("google/flan-t5-base")->d_ff, 2048);
  EXPECT_FALSE(published("mini").has_value());
}

TEST(Sizes, OperationsAreThoseOfEachLinearLayerAndAttention) {
  const T5Config c = *published("flan-t5-small");
  const double source = 100, target = 7, rank = 16;
  double expected = 0;
  for (const LinearInfo& info : linears(c)) {
    const bool on_source = info.name.starts_with("encoder") ||
                           info.name.ends_with("EncDecAttention.k") ||
                           info.name.ends_with("EncDecAttention.v");
    const double rows = on_source ? source : target;
    expected += 2 * rows * static_cast<double>(info.in * info.out);
    if (info.name.ends_with(".q") || info.name.ends_with(".v"))
      expected += 2 * rows * rank * static_cast<double>(info.in + info.out);
  }
  const auto inner = static_cast<double>(c.inner());
  for (const double pairs : {source * source, target * target, target * source})
    expected += 8 * (2 * pairs * inner + 2 * pairs * inner);  // scores and values of 8 layers
  EXPECT_NEAR(forward_flop(c, {.source = source, .target = target, .rank = rank}), expected,
              1e-9 * expected);
}

TEST(Sizes, ARandomNetworkIsAlwaysTheSame) {
  const T5Config c{.d_model = 16,
                   .d_kv = 4,
                   .d_ff = 24,
                   .heads = 2,
                   .encoder_layers = 1,
                   .decoder_layers = 1,
                   .vocabulary = 40,
                   .gated = true,
                   .gelu = true};
  Network first = random_network(c, {}), second = random_network(c, {});
  const auto one = named(first), other = named(second);
  ASSERT_EQ(one.size(), other.size());
  for (const auto& [name, tensor] : one) EXPECT_TRUE(at::equal(*tensor, *other.at(name))) << name;
  EXPECT_FALSE(first.lm_head.is_same(first.embedding));
}

}  // namespace
}  // namespace lorahub::model::t5
