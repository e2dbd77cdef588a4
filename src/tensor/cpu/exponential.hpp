// e^y of f32 to 1 ulp, as a loop that is vectorised computes it.
#pragma once
#include <cstdint>

namespace lorahub::tensor {

// e^y = 2^n e^r with n = y / ln(2), rounded, and r = y - n ln(2), so that |r| <= ln(2) / 2.
// e^r = 1 + r + r^2 p(r), with p of these coefficients, the highest power first (Cephes, expf).
inline constexpr float kPerLn2 = 1.44269504f;                             // 1 / ln(2)
inline constexpr float kLn2 = 0.693359375f, kLn2Excess = 2.12194440e-4f;  // ln(2): their difference
inline constexpr float kExpCoefficients[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                                             4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};

// For y in [-80, 80].
[[gnu::always_inline]] inline float exponential(float y) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float n = (y * kPerLn2 + kRound) - kRound;
  const float r = (y - n * kLn2) + n * kLn2Excess;
  float p = kExpCoefficients[0];
  p = p * r + kExpCoefficients[1];
  p = p * r + kExpCoefficients[2];
  p = p * r + kExpCoefficients[3];
  p = p * r + kExpCoefficients[4];
  p = p * r + kExpCoefficients[5];
  p = p * r * r + r + 1.0f;
  const int32_t power_bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;  // 2^n
  __builtin_memcpy(&power, &power_bits, sizeof power);
  return p * power;
}

}  // namespace lorahub::tensor
