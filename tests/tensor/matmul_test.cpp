// The matrix products against f64; and the bits of a row do not depend on the rows beside it.
#include "tensor/matmul.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tensor/cpu/few_rows_matmul.hpp"
#include "tensor/hash_weights.hpp"

namespace lorahub::tensor {
namespace {

using test::hashed;

double difference(const at::Tensor& x, const at::Tensor& y) {
  return (x.to(at::kDouble) - y.to(at::kDouble)).abs().max().item<double>();
}

at::Tensor exact(const at::Tensor& x, const at::Tensor& weight) {
  return at::matmul(x.to(at::kDouble), weight.to(at::kDouble).t());
}

TEST(Products, AreThoseOfF64) {
  for (const int64_t rows : {1, 4, 5, 7, 20, 128, 129, 300})
    for (const int64_t in : {16, 48, 50, 512})
      for (const int64_t out : {4, 6, 64}) {
        const at::Tensor x = hashed("x", {2, rows, in}, 1), w = hashed("w", {out, in}, 1);
        const at::Tensor sum = hashed("sum", {2, rows, out}, 1);
        const double small = 1e-7 * static_cast<double>(in);
        EXPECT_LT(difference(product(x, {.weight = w}), exact(x, w)), small)
            << rows << " " << in << " " << out;
        EXPECT_LT(difference(plus_product(sum.clone(), x, {.weight = w}), exact(x, w) + sum), small)
            << rows << " " << in << " " << out;
      }
}

TEST(Products, AnInfiniteNeighbourIsNotMet) {
  for (const int64_t in : {31, 32, 40, 48, 64, 100})
    for (const int64_t rows : {7, 33, 129}) {
      at::Tensor x = hashed("x", {2, rows, in}, 1).to(at::kBFloat16);
      const at::Tensor w = hashed("w", {64, in}, 1).to(at::kBFloat16);
      x[1].fill_(std::numeric_limits<float>::infinity());
      const at::Tensor y = separate_rows_product(x, w);
      ASSERT_TRUE(y[0].isfinite().all().item<bool>()) << in << " " << rows;
      const at::Tensor right = exact(x[0], w);
      EXPECT_LT(difference(y[0], right), 0.004 * right.abs().max().item<double>())
          << in << " " << rows;
    }
}

// Also at widths and numbers of rows by which oneDNN chooses among kernels and blocks.
TEST(Products, ACandidateAloneHasTheSameBitsInBf16) {
  for (const auto& [in, out] : {std::pair{576L, 1536L},
                                {1088L, 96L},
                                {1536L, 576L},
                                {2050L, 512L},
                                {2816L, 1024L},
                                {8192L, 256L}})
    for (const int64_t rows : {1, 5, 20, 50, 129, 200}) {
      const at::Tensor x = hashed("x", {7, rows, in}, 1).to(at::kBFloat16),
                       w = hashed("w", {out, in}, 1).to(at::kBFloat16);
      const at::Tensor all = separate_rows_product(x, w);
      for (const int64_t p : {0, 3, 6})
        EXPECT_TRUE(at::equal(separate_rows_product(x.narrow(0, p, 1), w), all.narrow(0, p, 1)))
            << in << " " << out << " " << rows;
    }
}

TEST(Products, ACandidateAloneHasTheSameBits) {
  for (const auto& [in, out] : {std::pair{512L, 384L}, {384L, 512L}, {768L, 2048L}, {64L, 64L}})
    for (const int64_t rows : {5, 20, 128, 129, 333, 640}) {
      const at::Tensor x = hashed("x", {3, rows, in}, 1), w = hashed("w", {out, in}, 1);
      const at::Tensor sum = hashed("sum", {3, rows, out}, 1);
      const at::Tensor all = product(x, {.weight = w}),
                       added = plus_product(sum.clone(), x, {.weight = w});
      for (int64_t p = 0; p < 3; ++p) {
        EXPECT_TRUE(at::equal(product(x.narrow(0, p, 1), {.weight = w}), all.narrow(0, p, 1)))
            << rows;
        EXPECT_TRUE(
            at::equal(plus_product(sum.narrow(0, p, 1).clone(), x.narrow(0, p, 1), {.weight = w}),
                      added.narrow(0, p, 1)))
            << rows;
      }
    }
}

TEST(Products, ARowAloneHasTheSameBitsWhereFewAreComputed) {
  const at::Tensor w = hashed("w", {60, 96}, 1), x = hashed("x", {1, 23, 96}, 1);
  if (!fits_skinny(x, w)) GTEST_SKIP() << "this processor has no kernel for few rows";
  const at::Tensor all = product(x, {.weight = w});
  for (int64_t r = 0; r < 23; ++r)
    EXPECT_TRUE(at::equal(product(x.narrow(1, r, 1).contiguous(), {.weight = w})[0][0], all[0][r]))
        << r;
}

TEST(Products, WeightsInBf16AreTakenAsTheyAre) {
  const at::Tensor w = hashed("w", {60, 96}, 1).to(at::kBFloat16), x = hashed("x", {1, 13, 96}, 1);
  if (!fits_skinny(x, w)) GTEST_SKIP() << "this processor has no kernel for few rows";
  at::Tensor half = at::zeros({1, 13, 60}), wide = at::zeros({1, 13, 60});
  add_skinny(half, x, w);
  add_skinny(wide, x, w.to(at::kFloat));
  EXPECT_TRUE(at::equal(half, wide));
}

}  // namespace
}  // namespace lorahub::tensor
