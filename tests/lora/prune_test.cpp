#include "lora/prune.hpp"

#include "made.hpp"

namespace lorahub::lora {
namespace {

at::Tensor of(const std::vector<float>& values) { return at::tensor(values); }

TEST(Prune, KeepsTheLargestAndOfEqualOnesTheFirst) {
  const at::Tensor values = of({3, -1, 2, -2, 2, 0.5F, -4, 1, 1, 0});
  EXPECT_TRUE(keep_largest(values, 0.4).equal(of({3, 0, 2, -2, 0, 0, -4, 0, 0, 0})));
  EXPECT_TRUE(keep_largest(values, 0.29).equal(of({3, 0, 0, 0, 0, 0, -4, 0, 0, 0})));  // floor
  EXPECT_TRUE(keep_largest(values, 0.05).equal(at::zeros(10)));
  EXPECT_TRUE(keep_largest(values, 1).equal(values));
}

// Of 20,000 values 0.3 of them are kept, with a deviation of 0.0032.
TEST(Prune, DareKeepsTheDensityAndTheMean) {
  const at::Tensor values = gaussian({100, 200}, "dare") + 1;
  const at::Tensor kept = keep_at_random(values, 0.3, base::Stream(5, "dare"));
  const at::Tensor mask = kept != 0;
  EXPECT_NEAR(mask.to(at::kDouble).mean().item<double>(), 0.3, 0.013);
  EXPECT_TRUE(kept.masked_select(mask).equal((values / 0.3).masked_select(mask)));
  EXPECT_FALSE(kept.equal(keep_at_random(values, 0.3, base::Stream(6, "dare"))));
  EXPECT_TRUE(kept.equal(keep_at_random(values, 0.3, base::Stream(5, "dare"))));
}

// Of three modules: the signs are + (5 - 1 + 0), - (-3 + 1 + 1), + (a sum of 0) and + (none is).
TEST(Prune, ElectsTheSignOfTheSumAndAveragesThoseThatHaveIt) {
  const at::Tensor modules = of({5, -3, 2, 0, -1, 1, -2, 0, 0, 1, 0, 0}).view({3, 4});
  EXPECT_TRUE(elect_signs(modules).equal(of({5, -3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0}).view({3, 4})));
  const at::Tensor agreeing = of({1, 4, 2, -1}).view({2, 2});
  EXPECT_TRUE(elect_signs(agreeing).equal(of({0.5F, 4, 1, 0}).view({2, 2})));
}

TEST(Prune, EachModulePlaceAndFactorHasADrawOfItsOwn) {
  const Module x = made("x", tiny());
  Module same = x;
  same.name = "same";
  const Pool pool = pool_of({x, same});
  const study::MixingRule rule(study::Composition::dare_linear, {.density = 0.5}, 4);
  const Pool sparse = prepared(pool, rule);
  EXPECT_FALSE((sparse.a[0][0] != 0).equal(sparse.a[0][1] != 0));
  EXPECT_FALSE((sparse.a[0] != 0).equal(sparse.a[1] != 0));
  EXPECT_TRUE(sparse.flat.equal(prepared(pool, rule).flat));
  EXPECT_FALSE(sparse.flat.equal(
      prepared(pool, {study::Composition::dare_linear, {.density = 0.5}, 5}).flat));
}

}  // namespace
}  // namespace lorahub::lora
