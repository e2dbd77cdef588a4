#include "tensor/dropout.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/random.hpp"

namespace lorahub::tensor {
namespace {

constexpr Mask kMask{.rate = 0.25, .key = {11, 12}, .place = 7};

// Element e of each chunk of 1024 takes word e / 256 of block e mod 256.
TEST(Dropout, masks_are_philox_words) {
  const at::Tensor y = drop(at::ones({2500}), kMask);
  for (uint32_t i = 0; i < 2500; ++i) {
    const uint32_t block = i / 1024 * 256 + i % 256;
    const uint32_t word = base::philox({block, 7, 0, 0}, {11, 12})[i % 1024 / 256];
    EXPECT_FLOAT_EQ(y[i].item<float>(), word < 0x40000000U ? 0.0F : 1 / 0.75F);
  }
}

TEST(Dropout, keeps_the_mean_and_differs_by_key_and_place) {
  const at::Tensor ones = at::ones({300, 400});
  const at::Tensor y = drop(ones, kMask);
  EXPECT_NEAR(y.mean().item<double>(), 1, 0.01);
  EXPECT_NEAR(y.eq(0).to(at::kFloat).mean().item<double>(), 0.25, 0.005);
  EXPECT_TRUE(at::equal(y, drop(ones, kMask)));
  Mask other = kMask;
  other.place = 8;
  const at::Tensor both = y.eq(0).logical_and(drop(ones, other).eq(0));  // independent: 1 in 16
  EXPECT_NEAR(both.to(at::kFloat).mean().item<double>(), 0.0625, 0.004);
  other = kMask;
  other.key[1] = 13;
  EXPECT_FALSE(at::equal(y, drop(ones, other)));
}

TEST(Dropout, gradient_goes_where_the_values_went) {
  const at::Tensor x = at::randn({50, 60}).requires_grad_();
  const at::Tensor y = drop(x, kMask);
  const at::Tensor direction = at::randn({50, 60});
  (y * direction).sum().backward();
  const at::Tensor mask = drop(at::ones({50, 60}), kMask);
  EXPECT_TRUE(at::allclose(x.grad(), mask * direction));
  EXPECT_TRUE(at::equal(drop(x, {.rate = 0}), x));
}

}  // namespace
}  // namespace lorahub::tensor
