#include "tensor/kernels.hpp"

#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/fast_loop.hpp"
#include "tensor/cpu/bf16.hpp"
#include "tensor/cpu/exponential.hpp"
#include "tensor/cuda/gpu_kernels.hpp"

namespace lorahub::tensor {
namespace {

LORAHUB_FAST_LOOP void gelu_gate_loop(float* __restrict hidden, const float* __restrict gate,
                                      int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const float x = hidden[i];
    float y = -1.5957691216f * (x + 0.044715f * x * x * x);  // -2 u
    y = y < -80.0f ? -80.0f : y;
    y = y > 80.0f ? 80.0f : y;  // e^88 would make x / e^y subnormal, which is slow
    hidden[i] = x / (1.0f + exponential(y)) * gate[i];
  }
}

// The same steps with y = -x.
LORAHUB_FAST_LOOP void silu_gate_loop(float* __restrict hidden, const float* __restrict gate,
                                      int64_t count) {
  constexpr float kRound = 12582912.0f;
  for (int64_t i = 0; i < count; ++i) {
    const float x = hidden[i];
    float y = -x;
    y = y < -80.0f ? -80.0f : y;
    y = y > 80.0f ? 80.0f : y;
    const float n = (y * 1.44269504f + kRound) - kRound;
    const float r = (y - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    const int32_t power_bits = (static_cast<int32_t>(n) + 127) << 23;
    float power;  // 2^n
    __builtin_memcpy(&power, &power_bits, sizeof power);
    hidden[i] = x / (1.0f + p * power) * gate[i];
  }
}

using GateLoop = void (*)(float* __restrict hidden, const float* __restrict gate, int64_t count);

struct NormRule {
  const float* weight;
  int64_t width;
  float epsilon;
};

LORAHUB_FAST_LOOP void rms_norm_loop(const float* __restrict x, float* __restrict y, int64_t rows,
                                     const NormRule& norm) {
  constexpr int64_t kLanes = 16;
  const float* __restrict weight = norm.weight;
  const float epsilon = norm.epsilon;
  const int64_t width = norm.width, whole = width - width % kLanes;
  for (int64_t row = 0; row < rows; ++row, x += width, y += width) {
    float lanes[kLanes] = {};
    for (int64_t i = 0; i < whole; i += kLanes) {
      for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += x[i + lane] * x[i + lane];
    }
    float sum = 0;
    for (int64_t i = whole; i < width; ++i) sum += x[i] * x[i];
    for (int64_t lane = 0; lane < kLanes; ++lane) sum += lanes[lane];
    const float scale = 1.0f / __builtin_sqrtf(sum / static_cast<float>(width) + epsilon);
    for (int64_t i = 0; i < width; ++i) y[i] = x[i] * scale * weight[i];
  }
}

LORAHUB_FAST_LOOP void widen_loop(const uint16_t* __restrict half, float* __restrict wide,
                                  int64_t count) {
  for (int64_t i = 0; i < count; ++i) wide[i] = widened(half[i]);
}

// To the nearest, ties to even; NaN stays NaN.
LORAHUB_FAST_LOOP void narrow_loop(const float* __restrict wide, uint16_t* __restrict half,
                                   int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    __builtin_memcpy(&bits, wide + i, sizeof bits);
    const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    half[i] = static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : rounded);
  }
}

LORAHUB_FAST_LOOP void add_loop(float* __restrict sum, const float* __restrict x, int64_t count) {
  for (int64_t i = 0; i < count; ++i) sum[i] += x[i];
}

bool is_cpu(const at::Tensor& x, at::ScalarType type) {
  return x.is_cpu() && x.scalar_type() == type && x.is_contiguous();
}
bool plain(const at::Tensor& x) { return is_cpu(x, at::kFloat); }
bool halves(const at::Tensor& x) { return is_cpu(x, at::kBFloat16); }

const uint16_t* bits_of(const at::Tensor& x) {
  return static_cast<const uint16_t*>(x.const_data_ptr());
}
uint16_t* mutable_bits_of(const at::Tensor& x) {
  return static_cast<uint16_t*>(x.mutable_data_ptr());
}

// Values that are widened together: they stay in the first cache.
constexpr int64_t kPiece = 1024;
using WidePiece = std::array<float, kPiece>;

template <typename Work>
void for_pieces(int64_t count, const Work& work) {
  for (int64_t first = 0; first < count; first += kPiece)
    work(first, std::min(kPiece, count - first));
}

void gate_halves(const at::Tensor& hidden, const at::Tensor& gate, GateLoop loop) {
  WidePiece h, g;
  uint16_t* data = mutable_bits_of(hidden);
  const uint16_t* by = bits_of(gate);
  for_pieces(hidden.numel(), [&](int64_t first, int64_t count) {
    widen_loop(data + first, h.data(), count);
    widen_loop(by + first, g.data(), count);
    loop(h.data(), g.data(), count);
    narrow_loop(h.data(), data + first, count);
  });
}

void add_halves(const at::Tensor& sum, const at::Tensor& x) {
  WidePiece wide;
  float* to = sum.mutable_data_ptr<float>();
  const uint16_t* from = bits_of(x);
  for_pieces(sum.numel(), [&](int64_t first, int64_t count) {
    widen_loop(from + first, wide.data(), count);
    add_loop(to + first, wide.data(), count);
  });
}

at::Tensor to_halves(const at::Tensor& x) {
  at::Tensor y = at::empty(x.sizes(), x.options().dtype(at::kBFloat16));
  narrow_loop(x.const_data_ptr<float>(), mutable_bits_of(y), x.numel());
  return y;
}

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon,
                    at::ScalarType dtype) {
  RECORD_USER_SCOPE("norms");
  if (fits_gpu_kernel(x) && fits_gpu_kernel(weight)) return gpu_rms_norm(x, weight, epsilon, dtype);
  if (!plain(x) || !plain(weight)) return at::rms_norm(x, {x.size(-1)}, weight, epsilon).to(dtype);
  at::Tensor y = at::empty_like(x);
  const NormRule norm{.weight = weight.const_data_ptr<float>(),
                      .width = x.size(-1),
                      .epsilon = static_cast<float>(epsilon)};
  rms_norm_loop(x.const_data_ptr<float>(), y.mutable_data_ptr<float>(), x.numel() / x.size(-1),
                norm);
  return dtype == at::kBFloat16 ? to_halves(y) : y.to(dtype);
}

at::Tensor gelu_gate(at::Tensor hidden, const at::Tensor& gate) {
  RECORD_USER_SCOPE("gates");
  const bool alike = hidden.sizes() == gate.sizes() && hidden.dtype() == gate.dtype();
  if (alike && fits_gpu_kernel(hidden) && fits_gpu_kernel(gate)) {
    gpu_gelu_gate(hidden, gate);
    return hidden;
  }
  if (halves(hidden) && halves(gate) && alike) {
    gate_halves(hidden, gate, gelu_gate_loop);
    return hidden;
  }
  if (!plain(hidden) || !plain(gate) || !alike) {
    return at::gelu(hidden, "tanh") * gate;
  }
  gelu_gate_loop(hidden.mutable_data_ptr<float>(), gate.const_data_ptr<float>(), hidden.numel());
  return hidden;
}

at::Tensor silu_gate(at::Tensor hidden, const at::Tensor& gate) {
  RECORD_USER_SCOPE("gates");
  const bool alike = hidden.sizes() == gate.sizes() && hidden.dtype() == gate.dtype();
  if (alike && halves(hidden) && halves(gate)) {
    gate_halves(hidden, gate, silu_gate_loop);
    return hidden;
  }
  if (!alike || !plain(hidden) || !plain(gate)) return at::silu(hidden) * gate;
  silu_gate_loop(hidden.mutable_data_ptr<float>(), gate.const_data_ptr<float>(), hidden.numel());
  return hidden;
}

at::Tensor add_to(at::Tensor residual, const at::Tensor& x) {
  if (!plain(residual) || !halves(x) || residual.sizes() != x.sizes()) return residual + x;
  add_halves(residual, x);
  return residual;
}

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kLarge = 1 << 30;  // bytes
  [[maybe_unused]] static const bool done =
      mallopt(M_MMAP_THRESHOLD, kLarge) == 1 && mallopt(M_TRIM_THRESHOLD, kLarge) == 1;
#endif
}

}  // namespace lorahub::tensor
