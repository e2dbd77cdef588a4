// The weights of tests/golden/hash_weights.py, bit by bit.
#pragma once
#include <ATen/ATen.h>

#include <cmath>
#include <string>

namespace lorahub::test {

inline uint64_t fnv1a64(const std::string& text) {
  uint64_t value = 0xCBF29CE484222325;
  for (const unsigned char byte : text) value = (value ^ byte) * 0x100000001B3;
  return value;
}

inline uint64_t splitmix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// center + scale * u, u in [-1, 1) from the hash of name and index.
inline at::Tensor hashed(const std::string& name, at::IntArrayRef shape, double scale,
                         double center = 0) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  const uint64_t seed = fnv1a64(name);
  float* out = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    const uint64_t h = splitmix64(seed + static_cast<uint64_t>(i)) % (uint64_t{1} << 24);
    out[i] = static_cast<float>(center + scale * (static_cast<double>(h) / 8388608.0 - 1.0));
  }
  return tensor;
}

}  // namespace lorahub::test
