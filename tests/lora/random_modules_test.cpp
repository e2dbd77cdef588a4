#include <gmock/gmock.h>

#include "lora/pool.hpp"
#include "made.hpp"

namespace lorahub::lora {
namespace {

double size_of(const at::Tensor& x) { return x.to(at::kDouble).norm().item<double>(); }
double product_norm(const Factors& f) {
  return size_of(f.b.to(at::kDouble).matmul(f.a.to(at::kDouble)));
}

void expect_same_norms(const Pool& real) {
  const Pool random = random_like(real, 5);
  EXPECT_EQ(random.names, real.names);
  EXPECT_EQ(random.scalings, real.scalings);
  for (int i = 0; i < real.size(); ++i)
    for (int place = 0; place < static_cast<int>(real.slots.size()); ++place) {
      const Factors drawn = factors(random, i, place), want = factors(real, i, place);
      EXPECT_NEAR(size_of(drawn.a) / size_of(want.a), 1, 1e-6);
      EXPECT_NEAR(product_norm(drawn) / product_norm(want), 1, 1e-6);
      const double cosine =
          (drawn.a * want.a).sum().item<double>() / size_of(drawn.a) / size_of(want.a);
      EXPECT_LT(std::abs(cosine), 0.6);  // another direction: 48 values or more
    }
}

TEST(RandomLike, HasTheNormsOfTheReal) {
  expect_same_norms(pool_of({made("x", tiny()), made("y", tiny())}));
}

TEST(RandomLike, HasTheNormsOfTheRealForMixedRanks) {
  expect_same_norms(pool_of({made("x", tiny(), {.rank = 6, .alpha = 6}), made("y", tiny())}));
}

TEST(RandomLike, LeavesTheRealAlone) {
  const Pool real = pool_of({made("x", tiny())});
  const at::Tensor before = real.flat.clone();
  random_like(real, 5);
  EXPECT_TRUE(at::equal(real.flat, before));
}

TEST(RandomLike, IsGaussian) {
  const Module module = made("x", *model::read_architecture(kModel), {.rank = 16, .alpha = 32});
  const Pool random =
      random_like(stack({module}, *model::read_architecture(kModel), base::Device::cpu), 5);
  const at::Tensor a = random.a[0].flatten().to(at::kDouble);  // 2048 values
  const at::Tensor z = a / a.square().mean().sqrt();
  EXPECT_NEAR(z.mean().item<double>(), 0, 0.1);
  EXPECT_NEAR(z.pow(4).mean().item<double>(), 3, 0.5);
  EXPECT_LT(std::abs((random.a[0].flatten() * random.a[1].flatten()).sum().item<double>()) /
                size_of(random.a[0]) / size_of(random.a[1]),
            0.1);  // places have streams of their own
}

TEST(RandomLike, DependsOnSeedAndNameNotOnThePool) {
  const Module x = made("x", tiny()), y = made("y", tiny());
  const Pool both = random_like(pool_of({x, y}), 5), swapped = random_like(pool_of({y, x}), 5);
  const Pool other = random_like(pool_of({x, y}), 6);
  for (int place = 0; place < 6; ++place) {
    EXPECT_TRUE(at::equal(factors(both, 0, place).a, factors(swapped, 1, place).a));
    EXPECT_TRUE(at::equal(factors(both, 1, place).b, factors(swapped, 0, place).b));
    EXPECT_FALSE(at::equal(factors(both, 0, place).a, factors(other, 0, place).a));
  }
}

TEST(RandomLike, OfAZeroModuleIsZeroWhereItIs) {
  Module fresh = made("x", tiny());  // as LoRA starts: B = 0
  for (auto& [slot, f] : fresh.slots) f.b = at::zeros_like(f.b);
  const Pool random = random_like(pool_of({fresh}), 5);
  EXPECT_EQ(largest(random.b[0]), 0);
  EXPECT_GT(largest(random.a[0]), 0);
  for (auto& [slot, f] : fresh.slots) f.a = at::zeros_like(f.a);
  EXPECT_EQ(largest(random_like(pool_of({fresh}), 5).flat), 0);
}

}  // namespace
}  // namespace lorahub::lora
