#include "tensor/cpu/few_rows_matmul.hpp"

#include <ATen/ATen.h>
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <vector>

#include "tensor/cpu/bf16.hpp"

namespace lorahub::tensor {

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define LORAHUB_SKINNY __attribute__((target("arch=x86-64-v4"), optimize("O3")))

namespace {

constexpr int kRows = 5, kColumns = 4;  // of a block: 20 of the 32 registers hold its sums
constexpr int64_t kLanes = 16;

struct RowBlock {
  const float* x;       // rows of x, `in` apart
  const float* weight;  // rows of W, `in` apart
  float* sum;           // rows of the result, `out` apart
  int64_t in, out;
};

// The sums over the lanes of four vectors.
LORAHUB_SKINNY inline __m128 across_lanes(const __m512* v) {
  __m256 half[4];
  for (int c = 0; c < 4; ++c)
    half[c] = _mm256_add_ps(_mm512_maskz_extractf32x8_ps(0xff, v[c], 0),
                            _mm512_maskz_extractf32x8_ps(0xff, v[c], 1));
  const __m256 all =
      _mm256_hadd_ps(_mm256_hadd_ps(half[0], half[1]), _mm256_hadd_ps(half[2], half[3]));
  return _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
}

enum class Fetch { none, next };  // into the cache: the rows of W behind these

template <int rows, Fetch fetch>
LORAHUB_SKINNY void add_block(const RowBlock& b) {
  __m512 sums[rows][kColumns];
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < kColumns; ++c) sums[r][c] = _mm512_setzero_ps();
  for (int64_t i = 0; i < b.in; i += kLanes) {
    __m512 w[kColumns];
    for (int c = 0; c < kColumns; ++c) {
      w[c] = _mm512_loadu_ps(b.weight + c * b.in + i);
      if (fetch == Fetch::next) __builtin_prefetch(b.weight + (kColumns + c) * b.in + i);
    }
    for (int r = 0; r < rows; ++r) {
      const __m512 x = _mm512_loadu_ps(b.x + r * b.in + i);
      for (int c = 0; c < kColumns; ++c) sums[r][c] = _mm512_fmadd_ps(x, w[c], sums[r][c]);
    }
  }
  for (int r = 0; r < rows; ++r) {
    float* sum = b.sum + r * b.out;
    _mm_storeu_ps(sum, _mm_add_ps(_mm_loadu_ps(sum), across_lanes(sums[r])));
  }
}

using RowBlockKernel = void (*)(const RowBlock&);

template <Fetch fetch>
constexpr std::array<RowBlockKernel, kRows> kernels{add_block<1, fetch>, add_block<2, fetch>,
                                                    add_block<3, fetch>, add_block<4, fetch>,
                                                    add_block<5, fetch>};

LORAHUB_SKINNY void widen(const uint16_t* __restrict from, float* __restrict to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = widened(from[i]);
}

}  // namespace

bool fits_skinny(const at::Tensor& weight) {
  static const bool has_kernel = __builtin_cpu_supports("x86-64-v4") != 0;
  const bool half = weight.scalar_type() == at::kBFloat16;
  return has_kernel && weight.size(1) % kLanes == 0 && weight.size(0) % kColumns == 0 &&
         weight.is_cpu() && (half || weight.scalar_type() == at::kFloat) && weight.is_contiguous();
}

bool fits_skinny(const at::Tensor& x, const at::Tensor& weight) {
  return fits_skinny(weight) && x.scalar_type() == at::kFloat && x.is_contiguous();
}

void add_skinny(const at::Tensor& sum, const at::Tensor& x, const at::Tensor& weight) {
  assert(fits_skinny(x, weight) && sum.is_contiguous());
  const int64_t in = weight.size(1), out = weight.size(0), rows = x.numel() / in;
  const bool half = weight.scalar_type() == at::kBFloat16;
  std::vector<float> wide(half ? static_cast<size_t>(kColumns * in) : 0);
  for (int64_t c = 0; c < out; c += kColumns) {
    const float* w = wide.data();
    if (half)
      widen(static_cast<const uint16_t*>(weight.const_data_ptr()) + c * in, wide.data(),
            kColumns * in);
    else
      w = weight.const_data_ptr<float>() + c * in;
    for (int64_t r = 0; r < rows; r += kRows) {
      const auto last = static_cast<size_t>(std::min<int64_t>(kRows, rows - r) - 1);
      const RowBlockKernel kernel =
          r == 0 && !half ? kernels<Fetch::next>[last] : kernels<Fetch::none>[last];
      kernel({.x = x.const_data_ptr<float>() + r * in,
              .weight = w,
              .sum = sum.mutable_data_ptr<float>() + r * out + c,
              .in = in,
              .out = out});
    }
  }
}

#else

bool fits_skinny(const at::Tensor& /*weight*/) { return false; }
bool fits_skinny(const at::Tensor& /*x*/, const at::Tensor& /*weight*/) { return false; }
void add_skinny(const at::Tensor& /*sum*/, const at::Tensor& /*x*/, const at::Tensor& /*weight*/) {
  assert(false);
}

#endif

}  // namespace lorahub::tensor
