#include "tensor/kernels.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tensor/hash_weights.hpp"

namespace lorahub::tensor {
namespace {

double worst_relative(const at::Tensor& ours, const at::Tensor& exact) {
  return ((ours.to(at::kDouble) - exact).abs() / (exact.abs() + 1e-30)).max().item<double>();
}

TEST(Kernels, rms_norm_is_its_formula_at_any_width) {
  for (const int64_t width : {1, 15, 16, 17, 100, 768}) {
    const at::Tensor x = test::hashed("x", {2, 3, width}, 5),
                     weight = test::hashed("w", {width}, 2);
    const at::Tensor wide = x.to(at::kDouble);
    const at::Tensor exact =
        wide / (wide.square().mean(-1, true) + 1e-6).sqrt() * weight.to(at::kDouble);
    EXPECT_LT(worst_relative(rms_norm(x, weight, 1e-6, at::kFloat), exact), 6e-7) << width;
    const at::Tensor half = rms_norm(x, weight, 1e-6, at::kBFloat16);
    EXPECT_EQ(half.scalar_type(), at::kBFloat16);
    EXPECT_LT(worst_relative(half, exact), 0.005);
    const at::Tensor strided = x.transpose(0, 1);  // not contiguous
    EXPECT_LT(worst_relative(rms_norm(strided, weight, 1e-6, at::kFloat), exact.transpose(0, 1)),
              6e-7);
  }
}

TEST(Kernels, epsilon_bounds_the_norm_of_zero) {
  const at::Tensor y = rms_norm(at::zeros({1, 20}), at::ones({20}), 1e-6, at::kFloat);
  EXPECT_EQ(y.abs().max().item<float>(), 0);
  const at::Tensor tiny = rms_norm(at::full({1, 20}, 1e-3), at::ones({20}), 1e-6, at::kFloat);
  EXPECT_NEAR(tiny[0][7].item<double>(), std::sqrt(0.5), 1e-6);
}

// The values left of -5 are where 1 + tanh loses all digits in f32.
TEST(Kernels, gelu_gate_is_its_formula_from_tail_to_tail) {
  const at::Tensor x = at::linspace(-8, 40, 4801, at::kFloat), gate = test::hashed("g", {4801}, 3);
  const at::Tensor wide = x.to(at::kDouble);
  const at::Tensor u = std::sqrt(2 / M_PI) * (wide + 0.044715 * wide.pow(3));
  const at::Tensor exact = wide / (1 + (-2 * u).exp()) * gate.to(at::kDouble);
  const at::Tensor ours = gelu_gate(x.clone(), gate);
  // e^(-2u) has the rounding of u times 2u.
  const at::Tensor error = (ours.to(at::kDouble) - exact).abs();
  const at::Tensor allowed = exact.abs() * (4e-7 + 4e-7 * u.abs().clamp_max(80)) + 1e-30;
  EXPECT_TRUE(error.le(allowed).all().item<bool>()) << (error / allowed).max();
}

// The result in bf16 is that in f32, rounded once.
TEST(Kernels, halves_are_computed_in_f32_and_rounded_once) {
  const at::Tensor x = at::linspace(-8, 40, 4801, at::kFloat).to(at::kBFloat16);
  const at::Tensor gate = test::hashed("g", {4801}, 3).to(at::kBFloat16);
  const at::Tensor wide = gelu_gate(x.to(at::kFloat), gate.to(at::kFloat));
  EXPECT_TRUE(at::equal(gelu_gate(x.clone(), gate), wide.to(at::kBFloat16)));
  const at::Tensor sum = test::hashed("s", {4801}, 3);
  EXPECT_TRUE(at::equal(add_to(sum.clone(), x), sum + x.to(at::kFloat)));
  const at::Tensor rows = test::hashed("x", {5, 333}, 5), weight = test::hashed("w", {333}, 2);
  EXPECT_TRUE(at::equal(rms_norm(rows, weight, 1e-6, at::kBFloat16),
                        rms_norm(rows, weight, 1e-6, at::kFloat).to(at::kBFloat16)));
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  const at::Tensor odd = gelu_gate(at::tensor({nan, infinity, 1.0f}).to(at::kBFloat16),
                                   at::tensor({1.0f, 1.0f, nan}).to(at::kBFloat16));
  EXPECT_TRUE(odd[0].isnan().item<bool>() && odd[2].isnan().item<bool>());
}

TEST(Kernels, gelu_gate_of_extreme_values_stays_finite) {
  const at::Tensor x = at::tensor({-1e30f, -1e4f, -30.f, 0.f, 30.f, 1e4f, 1e12f});
  const at::Tensor y = gelu_gate(x.clone(), at::ones({7}));
  const std::vector<float> limit = {0, 0, 0, 0, 30.f, 1e4f, 1e12f};
  for (int64_t i = 0; i < 7; ++i) {
    EXPECT_NEAR(y[i].item<float>(), limit[static_cast<size_t>(i)], 1e-3) << i;
  }
}

TEST(Kernels, gelu_gate_falls_back_for_other_types_and_shapes) {
  const at::Tensor x = test::hashed("x", {1, 4, 8}, 3), gate = test::hashed("g", {3, 4, 8}, 3);
  const at::Tensor exact = at::gelu(x.to(at::kDouble), "tanh") * gate.to(at::kDouble);
  EXPECT_LT((gelu_gate(x, gate) - exact).abs().max().item<double>(), 1e-6);
  const at::Tensor half = gelu_gate(x.to(at::kBFloat16), gate.to(at::kBFloat16));
  EXPECT_EQ(half.scalar_type(), at::kBFloat16);
  EXPECT_LT((half.to(at::kDouble) - exact).abs().max().item<double>(), 0.1);
}

}  // namespace
}  // namespace lorahub::tensor
