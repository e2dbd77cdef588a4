// Which layers of a T5 delta evaluation computes, and what that takes.
#pragma once
#include <span>

#include "t5/delta.hpp"
#include "t5/loss.hpp"

namespace lorahub::t5 {

// All linear layers but the keys and values of cross-attention: short targets never multiply by
// these.
DeltaLayers delta_layers(const Network& network);
double narrow_values(const Config& config);  // how many weights these layers have

// Of the base model's pass over some examples.
Trajectory base_trajectory(const Network& network, std::span<const Pair> examples);
double trajectory_bytes(const Config& config, double source_tokens, double target_tokens);

}  // namespace lorahub::t5
