// The types of values that tensors of a GGUF file have.
#pragma once
#include <cstdint>
#include <optional>

namespace lorahub::gguf {

inline constexpr int64_t kBlock = 32;  // values that share a scale

// A type that is quantised in blocks. A block lies in a file as: scale d, f16; minimum m, f16, if
// it has one; the fifth bits of all values, 4 bytes, if it has them; the values, two of 4 bits in a
// byte (the first 16 values are the low halves) or one of 8 bits, signed.
struct BlockType {
  bool has_minimum = false;  // x = q d + m, else x = (q - middle) d
  bool has_fifth_bit = false;
  int bits = 4;  // of a value, without the fifth one
  constexpr int64_t bytes() const {
    return 2 + (has_minimum ? 2 : 0) + (has_fifth_bit ? 4 : 0) + kBlock * bits / 8;
  }
  // What stands for 0 in an unsigned value.
  constexpr int middle() const {
    return has_minimum || bits == 8 ? 0 : 1 << (bits + (has_fifth_bit ? 1 : 0) - 1);
  }
};

enum class Plain { f32, f16, bf16 };

struct ValueType {
  uint32_t number;  // in files
  const char* name;
  std::optional<Plain> plain;
  std::optional<BlockType> blocks;  // neither: known by name alone
};

}  // namespace lorahub::gguf
