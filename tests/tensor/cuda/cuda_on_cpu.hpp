// CUDA's words for a compiler without CUDA, so that the kernels of a .cuh, included after this, run
// on the CPU. The lanes of a warp are threads that wait for each other at shuffles; warps and
// blocks run one after the other, so no shared memory and no __syncthreads. Names and meanings:
// CUDA C++ Programming Guide, CUDA Math API.
#pragma once
#define LORAHUB_CUDA_ON_CPU
#define __global__
#define __device__

#include <barrier>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace lorahub::test {

struct Index {
  unsigned x = 0;
};

struct Warp {
  static constexpr unsigned kLanes = 32;
  std::barrier<> all{kLanes};
  float values[kLanes] = {};
};
inline Warp warp;

}  // namespace lorahub::test

inline lorahub::test::Index gridDim, blockDim;
inline thread_local lorahub::test::Index blockIdx, threadIdx;

// All lanes of the warp take part.
inline float __shfl_xor_sync(unsigned, float value, int with) {
  using lorahub::test::warp;
  const unsigned lane = threadIdx.x % warp.kLanes;
  warp.values[lane] = value;
  warp.all.arrive_and_wait();
  const float other = warp.values[lane ^ static_cast<unsigned>(with)];
  warp.all.arrive_and_wait();
  return other;
}

// The upper half of an f32.
struct __nv_bfloat16 {
  uint16_t bits = 0;
};

inline float __bfloat162float(__nv_bfloat16 x) {
  const uint32_t bits = uint32_t{x.bits} << 16;
  float wide;
  std::memcpy(&wide, &bits, sizeof wide);
  return wide;
}

// To the nearest, ties to even.
inline __nv_bfloat16 __float2bfloat16_rn(float x) {
  if (std::isnan(x)) return {0x7fff};
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return {static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)};
}

// A power of 2, as the GPU's: the rounding of its argument is the larger part of its error.
inline float __expf(float x) { return std::exp2(x * 1.44269504f); }

// Zero where the reciprocal would be below the normal numbers.
inline float __fdividef(float x, float y) { return std::fabs(y) > 0x1p126f ? x * 0.0f : x / y; }

namespace lorahub::test {

struct Grid {
  int64_t blocks;
  int threads;  // of a block, a multiple of 32
};

// kernel<<<grid.blocks, grid.threads>>>, `kernel` with its arguments bound.
template <typename Kernel>
void run_on_cpu(Grid grid, const Kernel& kernel) {
  gridDim.x = static_cast<unsigned>(grid.blocks);
  blockDim.x = static_cast<unsigned>(grid.threads);
  const auto run_lane = [&kernel](unsigned lane) {
    for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x) {
      for (unsigned first = 0; first < blockDim.x; first += Warp::kLanes) {
        threadIdx.x = first + lane;
        kernel();
        warp.all.arrive_and_wait();
      }
    }
  };
  std::vector<std::jthread> lanes;
  for (unsigned lane = 0; lane < Warp::kLanes; ++lane) lanes.emplace_back(run_lane, lane);
}

}  // namespace lorahub::test
