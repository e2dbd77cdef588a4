// The bits of bf16, the upper half of an f32.
#pragma once
#include <cstdint>

namespace lorahub::tensor {

[[gnu::always_inline]] inline float widened(uint16_t half) {
  const uint32_t bits = static_cast<uint32_t>(half) << 16;
  float wide;
  __builtin_memcpy(&wide, &bits, sizeof wide);
  return wide;
}

}  // namespace lorahub::tensor
