#include "model/llama/rotary_angles.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lorahub::model::llama {
namespace {

constexpr double kTurn = 2 * std::numbers::pi;

// theta^(-2 i / width). The operations are those of transformers, in f32.
at::Tensor plain_angles(const Rope& rope, int64_t width) {
  const at::Tensor exponents =
      at::arange(0, width, 2, at::kLong).to(at::kFloat) / static_cast<double>(width);
  return 1.0 / at::pow(rope.theta, exponents);
}

at::Tensor llama3_angles(const Rope& rope, const at::Tensor& plain) {
  const double longest = rope.original_length / rope.low_factor;
  const double shortest = rope.original_length / rope.high_factor;
  const at::Tensor wavelengths = kTurn / plain;
  const at::Tensor stretched = plain / rope.factor;
  const at::Tensor smooth =
      (rope.original_length / wavelengths - rope.low_factor) / (rope.high_factor - rope.low_factor);
  const at::Tensor between = (1 - smooth) * plain / rope.factor + smooth * plain;
  return at::where(wavelengths.gt(longest), stretched,
                   at::where(wavelengths.lt(shortest), plain, between));
}

// The pair of values that turns so many times over the original length.
double pair_of_turns(const Rope& rope, double turns, int64_t width) {
  return static_cast<double>(width) * std::log(rope.original_length / (turns * kTurn)) /
         (2 * std::log(rope.theta));
}

at::Tensor yarn_angles(const Rope& rope, const at::Tensor& plain) {
  const int64_t width = 2 * plain.size(0);
  double low = pair_of_turns(rope, rope.beta_fast, width);
  double high = pair_of_turns(rope, rope.beta_slow, width);
  if (rope.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(width - 1));
  if (low == high) high += 0.001;  // as in transformers
  const at::Tensor stretch =
      ((at::arange(plain.size(0), at::kFloat) - low) / (high - low)).clamp(0, 1);
  return plain / rope.factor * stretch + plain * (1 - stretch);
}

}  // namespace

at::Tensor angles(const Rope& rope, int64_t head_dim) {
  const at::Tensor plain = plain_angles(rope, head_dim);
  switch (rope.kind) {
    case Rope::Kind::linear:
      return plain / rope.factor;
    case Rope::Kind::llama3:
      return llama3_angles(rope, plain);
    case Rope::Kind::yarn:
      return yarn_angles(rope, plain);
    case Rope::Kind::plain:
      break;
  }
  return plain;
}

tensor::Rotation rotation(const LlamaConfig& config, const at::Tensor& positions) {
  const at::Tensor by = angles(config.rope, config.head_dim).to(positions.device());
  const at::Tensor turned = positions.to(at::kFloat).unsqueeze(1) * by;
  return {.cos = turned.cos() * config.rope.amplitude, .sin = turned.sin() * config.rope.amplitude};
}

}  // namespace lorahub::model::llama
