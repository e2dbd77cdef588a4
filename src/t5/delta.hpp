// Delta evaluation: candidates of a search differ from the base model by small adapters, so a
// linear layer's output is that of the base model's own pass, exact, and what its input has moved
// since, times the weights, in a type that multiplies faster: y = y0 + Q(W) Q(x - x0). The rounding
// error follows |x - x0|, not |x|. For a network in f32; attention, adapters, norms and the head
// stay f32.
#pragma once
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "t5/loss.hpp"
#include "t5/products.hpp"

namespace lorahub::t5 {

// Inputs [1, rows, in] and outputs [1, rows, out] of the linear layers in the base model's pass
// over some examples, by slot.
struct Trajectory {
  struct Place {
    at::Tensor x0, y0;
  };
  std::map<int, Place> places;
};
Trajectory base_trajectory(const Network& network, std::span<const Pair> examples);
double trajectory_bytes(const Config& config, double source_tokens, double target_tokens);

// The weights of these layers in a narrower type.
class NarrowWeights {
 public:
  virtual ~NarrowWeights() = default;
  // For one pass of one thread over the trajectory's examples, in their order.
  virtual std::unique_ptr<Products> products(const Trajectory& base) const = 0;
};
std::shared_ptr<const NarrowWeights> bf16_weights(const Network& network, int threads = 1);
std::shared_ptr<const NarrowWeights> int8_weights(const Network& network, int threads = 1);
// Error where int8 is not multiplied exactly: no AVX512-VNNI, or a GPU.
void check_int8(Device device);

// All linear layers but the keys and values of cross-attention: short targets never multiply by
// these.
std::vector<const Linear*> delta_layers(const Network& network);
double narrow_values(const Config& config);  // how many weights these layers have

}  // namespace lorahub::t5
