// Dropout whose masks are functions of a key, not of a generator's state: the backward pass makes
// them again instead of keeping them, and a resumed training meets the same ones.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace lorahub::tensor {

// The rates of dropout, and the key that the masks of one forward pass are computed from.
struct Dropout {
  double model = 0;    // T5's: embeddings, attention weights, inside and behind sub-layers, ends
  double adapter = 0;  // LoRA's: the input of each low-rank product
  std::array<uint32_t, 2> key{};
};

// Which mask of a pass: element i is dropped where the word of Philox block (i mod n, place), n
// blocks in all, is below rate * 2^32.
struct Mask {
  double rate = 0;
  std::array<uint32_t, 2> key{};
  uint32_t place = 0;
};

// Dropped elements become 0, the others are divided by 1 - rate. Differentiable.
at::Tensor drop(const at::Tensor& x, const Mask& mask);

}  // namespace lorahub::tensor
