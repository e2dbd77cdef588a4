// The kernels on a GPU, against LibTorch's in f64. gpu_kernels_test.cpp runs on machines without a
// GPU.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tensor/cuda/cuda_on_cpu.hpp"
#include "tensor/cuda/gpu_kernels.cuh"
#include "tensor/cuda/gpu_kernels.hpp"
#include "tensor/hash_weights.hpp"
#include "tensor/with_gpu.hpp"

namespace lorahub::tensor {
namespace {

constexpr at::ScalarType kTypes[] = {at::kFloat, at::kBFloat16};

at::Tensor on_gpu(const char* name, at::IntArrayRef shape, double scale) {
  return test::hashed(name, shape, scale).to(at::kCUDA);
}

// `error` is relative to `exact`.
void expect_close(const at::Tensor& ours, const at::Tensor& exact, const at::Tensor& error) {
  const at::Tensor excess =
      (ours.to(at::kDouble) - exact).abs() - exact.abs() * error.to(at::kDouble);
  EXPECT_LT(excess.max().item<double>(), 1e-14);
}

// Half a unit of bf16's 8 digits.
double rounding_to(at::ScalarType type) { return type == at::kBFloat16 ? 0x1p-8 : 0; }

TEST(GpuKernels, on_a_gpu_fits_what_is_loaded_16_bytes_at_a_time) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  for (const at::ScalarType type : kTypes) {
    const at::Tensor x = at::ones({3, 16, 24}, at::device(at::kCUDA).dtype(type));
    EXPECT_TRUE(fits_gpu_kernel(x));
    EXPECT_TRUE(fits_gpu_kernel(x[1]));
    EXPECT_FALSE(fits_gpu_kernel(x.transpose(0, 1)));
    EXPECT_FALSE(fits_gpu_kernel(x.narrow(2, 0, 8)));
    EXPECT_FALSE(fits_gpu_kernel(x.view({-1}).narrow(0, 1, 24)));
    EXPECT_FALSE(fits_gpu_kernel(x.view({-1, 12})));
    EXPECT_FALSE(fits_gpu_kernel(x.to(at::kDouble)));
    EXPECT_FALSE(fits_gpu_kernel(x.cpu()));
  }
  const at::Tensor none = at::ones({0, 8}, at::kCUDA);
  EXPECT_EQ(gpu_rms_norm(none, at::ones({8}, at::kCUDA), 1e-6, at::kFloat).numel(), 0);
  EXPECT_NO_THROW(gpu_gelu_gate(none, none));
}

// Widths of each way through the kernel; 15,360 rows of 1024: a batch of flan-t5-large.
TEST(GpuKernels, on_a_gpu_rms_norm_is_that_of_libtorch_in_f64) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  const std::pair<int64_t, int64_t> shapes[] = {{15360, 1024}, {37, 8},   {37, 768},
                                                {5, 1032},     {5, 4096}, {5, 4104}};
  for (const auto& [rows, width] : shapes) {
    const at::Tensor x = on_gpu("x", {1, rows, width}, 5), weight = on_gpu("w", {width}, 2);
    const at::Tensor exact = at::rms_norm(x.to(at::kDouble), {width}, weight.to(at::kDouble), 1e-6);
    for (const at::ScalarType type : kTypes) {
      const at::Tensor y = gpu_rms_norm(x, weight, 1e-6, type);
      EXPECT_EQ(y.scalar_type(), type);
      ASSERT_EQ(y.sizes(), x.sizes());
      expect_close(y, exact, at::full_like(exact, rounding_to(type) + 5e-6));
    }
  }
}

// All operations of the norm are rounded as IEEE 754 says, in an order of the width alone.
TEST(GpuKernels, on_a_gpu_rms_norm_has_the_bits_of_its_run_on_the_cpu) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  for (const int64_t width : {8, 768, 1024, 4096}) {
    const at::Tensor x = test::hashed("x", {6, width}, 5), weight = test::hashed("w", {width}, 2);
    const at::Tensor y = at::empty_like(x);
    const NormShape shape{.rows = 6, .width = static_cast<int>(width), .epsilon = 1e-6f};
    test::run_on_cpu({.blocks = norm_blocks(6), .threads = kNormThreads}, [&] {
      rms_norm_kernel<8>(x.const_data_ptr<float>(), weight.const_data_ptr<float>(),
                         y.mutable_data_ptr<float>(), shape);
    });
    const at::Tensor ours =
        gpu_rms_norm(x.to(at::kCUDA), weight.to(at::kCUDA), 1e-6, at::kFloat).cpu();
    EXPECT_TRUE(at::equal(ours, y)) << width;
    EXPECT_TRUE(
        at::equal(gpu_rms_norm(x.to(at::kCUDA), weight.to(at::kCUDA), 1e-6, at::kBFloat16).cpu(),
                  y.to(at::kBFloat16)));
  }
}

TEST(GpuKernels, on_a_gpu_gelu_gate_is_that_of_libtorch_in_f64) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  const at::Tensor few = at::linspace(-12, 36, 4808, at::kFloat).to(at::kCUDA);
  for (const at::Tensor& values : {few, on_gpu("h", {15360, 2816}, 4)}) {
    const at::Tensor gates = on_gpu("g", values.sizes(), 3);
    for (const at::ScalarType type : kTypes) {
      const at::Tensor hidden = values.to(type, false, true), gate = gates.to(type);
      const at::Tensor x = hidden.to(at::kDouble);
      const at::Tensor exact = at::gelu(x, "tanh") * gate.to(at::kDouble);
      const at::Tensor u = (std::sqrt(2 / M_PI) * (x + 0.044715 * x.pow(3))).abs().clamp_max(45);
      gpu_gelu_gate(hidden, gate);
      expect_close(hidden, exact, 6e-7 + 1e-6 * u + rounding_to(type));
    }
  }
}

TEST(GpuKernels, on_a_gpu_gelu_gate_of_extreme_values_is_its_limit) {
  if (!test::with_gpu()) GTEST_SKIP() << "no GPU";
  const at::Tensor x = at::tensor({-3e38f, -1e30f, -1e4f, -30.f, 0.f, 30.f, 1e30f, 3e38f});
  for (const at::ScalarType type : kTypes) {
    const at::Tensor hidden = x.to(at::kCUDA, type, false, true);
    gpu_gelu_gate(hidden, at::ones_like(hidden));
    EXPECT_TRUE(at::equal(hidden.cpu(), x.clamp_min(0).to(type)));
  }
}

}  // namespace
}  // namespace lorahub::tensor
