// The kernels that a GPU runs, on the CPU, against closed forms in f64.
// gpu_kernels_on_a_gpu_test.cpp runs them on a GPU.
#include "tensor/cuda/gpu_kernels.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tensor/cuda/cuda_on_cpu.hpp"
#include "tensor/cuda/gpu_kernels.cuh"
#include "tensor/guarded.hpp"
#include "tensor/hash_weights.hpp"

namespace lorahub::tensor {
namespace {

using test::Floats, test::Guarded, test::kUnread, test::kUnwritten;
constexpr double kRounding = 0x1p-24;  // of f32, relative
constexpr double kVanishing = 1e-36;   // where results leave the normal numbers

Floats values(const at::Tensor& x) {
  return {x.const_data_ptr<float>(), x.const_data_ptr<float>() + x.numel()};
}
Floats values(const char* name, int64_t count, double scale) {
  return values(test::hashed(name, {count}, scale));
}

// |ours - exact| is at most the error in f32, relative, and for bf16 half a unit of its 8 digits
// more: the f32 result is rounded once, and if its error takes it over a power of 2, then onto it.
template <typename T>
void expect_close(float ours, double exact, double f32_error) {
  const double size = std::max(std::abs(exact), kVanishing);
  const double half_a_unit = sizeof(T) == 2 ? std::ldexp(1.0, std::ilogb(size) - 8) : 0;
  EXPECT_LE(std::abs(ours - exact), half_a_unit + f32_error * size + kVanishing)
      << ours << " for " << exact;
}

template <typename T, int kKept>
Floats rms_norm_on_cpu(const Floats& x, const Floats& weight) {
  Guarded<float> from(x, kUnread), by(weight, kUnread);
  Guarded<T> y(Floats(x.size()), kUnwritten);
  const NormShape shape{.rows = static_cast<int64_t>(x.size() / weight.size()),
                        .width = static_cast<int>(weight.size()),
                        .epsilon = 1e-6f};
  test::run_on_cpu({.blocks = norm_blocks(shape.rows), .threads = kNormThreads},
                   [&] { rms_norm_kernel<kKept>(from.data(), by.data(), y.data(), shape); });
  return y.floats();
}

// A lane rounds once a square, the warp 5 sums, then mean and epsilon, its own digits too; the root
// halves all this. Root, reciprocal and two products follow.
double norm_error(size_t width) {
  const double squares = 4 * std::ceil(static_cast<double>(width) / 128);
  return ((squares + 5 + 3) / 2 + 4) * kRounding;
}

template <typename T>
void expect_norm(const Floats& x, const Floats& weight, const Floats& y) {
  const size_t width = weight.size();
  for (size_t first = 0; first < x.size(); first += width) {
    double sum = 0;
    for (size_t i = 0; i < width; ++i) sum += double{x[first + i]} * double{x[first + i]};
    const double root = std::sqrt(sum / static_cast<double>(width) + 1e-6);
    for (size_t i = 0; i < width; ++i)
      expect_close<T>(y[first + i], x[first + i] / root * weight[i], norm_error(width));
  }
}

template <typename T, int kKept>
void expect_norms(int64_t rows, int64_t width, double scale) {
  const Floats x = values("x", rows * width, scale), weight = values("w", width, 2);
  expect_norm<T>(x, weight, rms_norm_on_cpu<T, kKept>(x, weight));
}

// 1028 and 4100: one step more than stays in registers. 4 rows are a block.
TEST(GpuKernels, rms_norm_is_its_formula_at_any_width) {
  for (const int64_t width : {4, 8, 132, 512, 768, 1024, 1028, 4096, 4100}) {
    for (const int64_t rows : {1, 3, 37}) {
      SCOPED_TRACE(std::to_string(rows) + " x " + std::to_string(width));
      expect_norms<float, 8>(rows, width, 5);
      expect_norms<float, 32>(rows, width, 5);
      expect_norms<__nv_bfloat16, 8>(rows, width, 5);
      expect_norms<__nv_bfloat16, 32>(rows, width, 5);
    }
  }
}

// From rows whose squares vanish beside epsilon to rows whose sum of squares is nearly infinite.
TEST(GpuKernels, rms_norm_is_its_formula_at_any_size) {
  for (const double scale : {1e-30, 1e-6, 1e-3, 1e4, 1e17}) {
    SCOPED_TRACE(scale);
    expect_norms<float, 8>(2, 1024, scale);
    expect_norms<__nv_bfloat16, 8>(2, 1024, scale);
  }
  for (const float y : rms_norm_on_cpu<float, 8>(Floats(20), Floats(20, 1.0f))) EXPECT_EQ(y, 0);
}

TEST(GpuKernels, rms_norm_of_a_row_has_the_same_bits_alone) {
  constexpr size_t kWidth = 1156;
  const Floats x = values("x", 37 * kWidth, 5), weight = values("w", kWidth, 2);
  const Floats all = rms_norm_on_cpu<float, 8>(x, weight);
  EXPECT_EQ(all, (rms_norm_on_cpu<float, 32>(x, weight)));
  for (const size_t row : {0, 5, 36}) {
    const auto part = [row](const Floats& of) {
      return Floats(of.data() + row * kWidth, of.data() + (row + 1) * kWidth);
    };
    EXPECT_EQ(part(all), (rms_norm_on_cpu<float, 8>(part(x), weight))) << row;
  }
}

template <typename T>
Floats gelu_gate_on_cpu(const Floats& hidden, const Floats& gate, int64_t most_blocks = 1000) {
  Guarded<T> h(hidden, kUnwritten), g(gate, kUnread);
  const auto count = static_cast<int64_t>(hidden.size());
  const int64_t blocks = gate_blocks(count * static_cast<int64_t>(sizeof(T)));
  test::run_on_cpu({.blocks = std::min(blocks, most_blocks), .threads = kGateThreads},
                   [&] { gelu_gate_kernel(h.data(), g.data(), count); });
  return h.floats();
}

// 2u has 6 roundings, its digits among them, and its product for a power of 2 another 2; e^(-2u)
// makes them relative. Then 2 units each of exp and quotient, the sum and the product.
template <typename T>
void expect_gelu_gate(const Floats& hidden, const Floats& gate) {
  const Floats x = Guarded<T>(hidden, 0).floats(), by = Guarded<T>(gate, 0).floats(),
               y = gelu_gate_on_cpu<T>(hidden, gate);
  for (size_t i = 0; i < x.size(); ++i) {
    const double wide = x[i], u = std::sqrt(2 / M_PI) * (wide + 0.044715 * wide * wide * wide);
    const double of_exponent = 8 * std::min(std::abs(2 * u), 90.0);
    expect_close<T>(y[i], wide / (1 + std::exp(-2 * u)) * by[i], (of_exponent + 10) * kRounding);
  }
}

// Counts that end within a warp, a block and, at 4800, beyond one.
TEST(GpuKernels, gelu_gate_is_its_formula_from_tail_to_tail) {
  for (const int64_t count : {8, 16, 264, 2048, 4800}) {
    SCOPED_TRACE(count);
    const Floats gate = values("g", count, 3);
    for (const Floats& x :
         {values(at::linspace(-12, 36, count, at::kFloat)), values("tiny", count, 1e-20)}) {
      expect_gelu_gate<float>(x, gate);
      expect_gelu_gate<__nv_bfloat16>(x, gate);
    }
  }
}

TEST(GpuKernels, gelu_gate_of_extreme_values_is_its_limit) {
  const Floats x = {-3e38f, -1e30f, -1e4f, -30,  -10.2f, -9.5f, -0.0f, 0,
                    1e-38f, 30,     1e4f,  1e12, 1e13f,  1e30f, 3e38f, 1e-3f};
  expect_gelu_gate<float>(x, Floats(16, 1.0f));
  expect_gelu_gate<__nv_bfloat16>(x, Floats(16, 1.0f));
}

// 81.25 and 96.75 in units of 0.5.
TEST(GpuKernels, gelu_gate_rounds_halves_of_a_unit_to_even) {
  const Floats y = gelu_gate_on_cpu<__nv_bfloat16>({80, 96, 0, 0, 0, 0, 0, 0},
                                                   {130 / 128.f, 129 / 128.f, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(y, (Floats{81, 97, 0, 0, 0, 0, 0, 0}));
}

TEST(GpuKernels, gelu_gate_has_the_same_bits_on_any_number_of_blocks) {
  const Floats x = values("x", 9000, 5), gate = values("g", 9000, 3);
  for (const int64_t blocks : {1, 2}) {
    EXPECT_EQ(gelu_gate_on_cpu<float>(x, gate), gelu_gate_on_cpu<float>(x, gate, blocks));
    EXPECT_EQ(gelu_gate_on_cpu<__nv_bfloat16>(x, gate),
              gelu_gate_on_cpu<__nv_bfloat16>(x, gate, blocks));
  }
  EXPECT_EQ(gate_blocks(4096), 1);
  EXPECT_EQ(gate_blocks(4097), 2);
  EXPECT_EQ(gate_blocks(int64_t{1} << 40), kMostGateBlocks);
}

TEST(GpuKernels, on_a_cpu_nothing_fits) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
    EXPECT_FALSE(fits_gpu_kernel(at::ones({2, 8}, type)));
}

}  // namespace
}  // namespace lorahub::tensor
