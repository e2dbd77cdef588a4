#include "lora/truncate.hpp"

#include <gmock/gmock.h>

#include "made.hpp"

namespace lorahub::lora {
namespace {

at::Tensor product(const Factors& f) { return f.b.to(at::kDouble).matmul(f.a.to(at::kDouble)); }

// The best approximation of rank k misses by the root of the squares of the singular values left
// out (Eckart, Young).
TEST(Truncate, IsTheNearestOfItsRank) {
  const Module module = made("x", tiny(), {.rank = 5, .alpha = 10});
  for (int64_t rank = 1; rank <= 5; ++rank) {
    const Module cut = truncate(module, rank);
    EXPECT_EQ(cut.rank, rank);
    EXPECT_DOUBLE_EQ(cut.scaling(), module.scaling());
    EXPECT_EQ(cut.name, "x");
    for (const auto& [slot, factors] : module.slots) {
      const at::Tensor whole = product(factors);
      const at::Tensor values = at::linalg_svdvals(whole);
      const double left_out = values.slice(0, rank).norm().item<double>();
      EXPECT_EQ(cut.slots.at(slot).a.size(0), rank);
      EXPECT_NEAR((product(cut.slots.at(slot)) - whole).norm().item<double>(), left_out, 1e-7);
    }
  }
}

TEST(Truncate, SharesTheSingularValuesEvenly) {
  const Module cut = truncate(made("x", tiny()), 3);
  for (const auto& [slot, f] : cut.slots) {
    const at::Tensor a = f.a.to(at::kDouble), b = f.b.to(at::kDouble);
    EXPECT_LT(largest(a.matmul(a.t()) - b.t().matmul(b)), 1e-7);  // both diag(S)
    const at::Tensor off = b.t().matmul(b);
    EXPECT_LT(largest(off - off.diag().diag()), 1e-7);
    for (int64_t i = 0; i < 3; ++i) {
      const at::Tensor column = b.select(1, i);
      EXPECT_GT(column[column.abs().argmax().item<int64_t>()].item<double>(), 0);
    }
  }
}

TEST(Truncate, DoesNotDependOnTheFactorsItStartsFrom) {
  Module module = made("x", tiny()), turned = module;
  for (auto& [slot, f] : turned.slots) f = {.a = -2 * f.a, .b = f.b * -0.5};
  const Module one = truncate(module, 2), other = truncate(turned, 2);
  for (const auto& [slot, f] : one.slots) {
    EXPECT_LT(largest(f.a - other.slots.at(slot).a), 1e-6);
    EXPECT_LT(largest(f.b - other.slots.at(slot).b), 1e-6);
  }
}

TEST(Truncate, KeepsAZeroModuleZero) {
  Module fresh = made("x", tiny());
  for (auto& [slot, f] : fresh.slots) f.b = at::zeros_like(f.b);
  for (const auto& [slot, f] : truncate(fresh, 2).slots) EXPECT_EQ(largest(product(f)), 0);
}

TEST(Truncate, RefusesALargerRank) {
  const Module module = made("x", tiny());
  EXPECT_THAT(
      error_of([&] { truncate(module, 5); }),
      testing::AllOf(testing::HasSubstr("'x'"), testing::HasSubstr("4"), testing::HasSubstr("5")));
  EXPECT_NE(error_of([&] { truncate(module, 0); }), "");
}

// Of rank 200, which is more than any of its matrices can have.
TEST(Narrowed, IsTheSameProductOfNoMoreRankThanItsMatrices) {
  const Module module = made("x", tiny(), {.rank = 200, .alpha = 50});
  const Module narrow = narrowed(module);
  int64_t widest = 0;
  for (const auto& [slot, factors] : module.slots) {
    const at::Tensor whole = product(factors);
    const int64_t side = std::min(whole.size(0), whole.size(1));
    ASSERT_LT(side, 200);
    widest = std::max(widest, side);
    EXPECT_EQ(narrow.slots.at(slot).a.size(0), side);
    EXPECT_EQ(narrow.slots.at(slot).b.size(1), side);
    EXPECT_LT(largest(product(narrow.slots.at(slot)) - whole), 1e-6 * largest(whole));
  }
  EXPECT_EQ(narrow.rank, widest);
  EXPECT_DOUBLE_EQ(narrow.scaling(), module.scaling());
}

TEST(Narrowed, KeepsTheFactorsOfWhatIsNarrow) {
  const Module module = made("x", tiny(), {.rank = 2, .alpha = 4});
  const Module narrow = narrowed(module);
  EXPECT_EQ(narrow.rank, 2);
  for (const auto& [slot, factors] : module.slots) {
    EXPECT_TRUE(at::equal(narrow.slots.at(slot).a, factors.a));
    EXPECT_TRUE(at::equal(narrow.slots.at(slot).b, factors.b));
  }
}

}  // namespace
}  // namespace lorahub::lora
