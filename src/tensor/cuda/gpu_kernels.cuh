// The elementwise steps of kernels.hpp on a GPU, each in one pass over memory, computed in f32.
// This file holds device code alone, so that tests/tensor/cuda/cuda_on_cpu.hpp can run it on a CPU
// too.
#pragma once
#ifdef LORAHUB_CUDA_ON_CPU
#define LORAHUB_UNROLL
#else
#include <cuda_bf16.h>
#define LORAHUB_UNROLL _Pragma("unroll")
#endif

#include <cstdint>

namespace lorahub::tensor {
namespace {  // a program may hold the GPU's and the CPU's version of a kernel

constexpr int kWarp = 32;
constexpr int kNormThreads = 128;  // 4 rows
constexpr int kGateThreads = 256;
constexpr int64_t kMostGateBlocks = 1 << 16;

constexpr int64_t norm_blocks(int64_t rows) {
  constexpr int64_t kRows = kNormThreads / kWarp;
  return (rows + kRows - 1) / kRows;
}

// 16 bytes a thread; beyond the limit threads take several.
constexpr int64_t gate_blocks(int64_t bytes) {
  const int64_t blocks = (bytes + 16 * kGateThreads - 1) / (16 * kGateThreads);
  return blocks < kMostGateBlocks ? blocks : kMostGateBlocks;
}

// Loaded and stored by one instruction.
template <typename T, int kCount>
struct alignas(sizeof(T) * kCount) Pack {
  T values[kCount];
};
using Quad = Pack<float, 4>;

template <int kCount, typename T>
__device__ Pack<T, kCount> load(const T* from) {
  return *reinterpret_cast<const Pack<T, kCount>*>(from);
}
template <typename T, int kCount>
__device__ void store(const Pack<T, kCount>& pack, T* to) {
  *reinterpret_cast<Pack<T, kCount>*>(to) = pack;
}

__device__ inline float widen(float x) { return x; }
__device__ inline float widen(__nv_bfloat16 x) { return __bfloat162float(x); }
__device__ inline void narrow(float x, float& to) { to = x; }
__device__ inline void narrow(float x, __nv_bfloat16& to) { to = __float2bfloat16_rn(x); }

// The same bits in all lanes.
__device__ inline float warp_sum(float x) {
  for (int step = kWarp / 2; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
  return x;
}

__device__ inline float add_squares(float sum, const Quad& x) {
  for (const float value : x.values) sum = fmaf(value, value, sum);
  return sum;
}

template <typename T>
__device__ void store_scaled(const Quad& x, float scale, const float* weight, T* y) {
  const Quad by = load<4>(weight);
  Pack<T, 4> result;
  for (int k = 0; k < 4; ++k) narrow(x.values[k] * scale * by.values[k], result.values[k]);
  store(result, y);
}

struct NormShape {
  int64_t rows;
  int width;  // a multiple of 4
  float epsilon;
};

// x / sqrt(mean(x^2) + epsilon) * weight; x and y [rows, width], weight [width]. One warp a row, 4
// values a lane at a time. The first 128 kKept values of a row stay in registers, the others are
// loaded twice; the order of the sum depends on the width alone.
template <int kKept, typename T>
__global__ void rms_norm_kernel(const float* __restrict__ x, const float* __restrict__ weight,
                                T* __restrict__ y, NormShape shape) {
  const int64_t row = int64_t{blockIdx.x} * (blockDim.x / kWarp) + threadIdx.x / kWarp;
  if (row >= shape.rows) return;  // the whole warp
  const int width = shape.width, first = static_cast<int>(threadIdx.x % kWarp) * 4;
  constexpr int kStep = 4 * kWarp;
  x += row * width;
  y += row * width;
  Quad kept[kKept];
  LORAHUB_UNROLL
  for (int k = 0; k < kKept; ++k) {
    const int i = first + k * kStep;
    kept[k] = i < width ? load<4>(x + i) : Quad{};
  }
  float sum = 0;
  LORAHUB_UNROLL
  for (int k = 0; k < kKept; ++k) sum = add_squares(sum, kept[k]);
  for (int i = first + kKept * kStep; i < width; i += kStep) sum = add_squares(sum, load<4>(x + i));
  sum = warp_sum(sum);
  const float scale = 1.0f / sqrtf(sum / static_cast<float>(width) + shape.epsilon);
  LORAHUB_UNROLL
  for (int k = 0; k < kKept; ++k) {
    const int i = first + k * kStep;
    if (i < width) store_scaled(kept[k], scale, weight + i, y + i);
  }
  for (int i = first + kKept * kStep; i < width; i += kStep)
    store_scaled(load<4>(x + i), scale, weight + i, y + i);
}

// x / (1 + exp(-2 u)), u = sqrt(2 / pi) (x + 0.044715 x^3), the tanh form of GELU. An exp that
// overflows gives -0. T is the type to which the result will be rounded: for bf16, to 2^-8, the
// fast exp and division are exact enough, to 2^-14 at any x.
template <typename T>
__device__ float gelu(float x) {
  const float y = -1.5957691216f * fmaf(0.044715f * x * x, x, x);  // -2 u
  if constexpr (sizeof(T) == sizeof(float)) {
    return x / (1.0f + expf(y));
  } else {
    return __fdividef(x, 1.0f + __expf(y));
  }
}

// hidden = gelu(hidden) * gate; `count` values, a multiple of 8.
template <typename T>
__global__ void gelu_gate_kernel(T* __restrict__ hidden, const T* __restrict__ gate,
                                 int64_t count) {
  constexpr int kPack = 16 / sizeof(T);
  const int64_t stride = int64_t{gridDim.x} * blockDim.x * kPack;
  int64_t i = (int64_t{blockIdx.x} * blockDim.x + threadIdx.x) * kPack;
  for (; i < count; i += stride) {
    Pack<T, kPack> h = load<kPack>(hidden + i);
    const Pack<T, kPack> g = load<kPack>(gate + i);
    LORAHUB_UNROLL
    for (int k = 0; k < kPack; ++k)
      narrow(gelu<T>(widen(h.values[k])) * widen(g.values[k]), h.values[k]);
    store(h, hidden + i);
  }
}

}  // namespace
}  // namespace lorahub::tensor
