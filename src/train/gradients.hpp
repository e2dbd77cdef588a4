// The gradient of a batch: cut into tiles before anyone knows which thread computes them, and
// summed in the order of the tiles, so that the bits depend on the batch alone.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "model/tokens.hpp"
#include "tensor/dropout.hpp"
#include "train/trainable.hpp"

namespace lorahub::train {

// Dropout's rates, and the seed and step from which each tile's masks are derived.
struct Noise {
  double model = 0, adapter = 0;
  uint64_t seed = 0;
  int64_t step = 0;
};

struct Gradients {
  double loss_sum = 0;  // cross entropy over the target tokens, nats
  int64_t tokens = 0;   // target tokens
  TensorList of_mean;   // d (loss_sum / tokens) / d parameter, f32, in the order of the parameters
};

// Computes by the calling thread and threads - 1 others, with single-threaded kernels.
Gradients gradients(const Trainable& trainable, std::span<const model::Tokens> batch,
                    const Noise& noise, int threads);

// Rows of the batch, longest source first, in runs of at most kTileTokens padded source tokens (at
// least one row).
inline constexpr int64_t kTileTokens = 1024;
std::vector<std::vector<size_t>> tiles(std::span<const model::Tokens> batch);

}  // namespace lorahub::train
