// Which layers of a T5 delta evaluation computes, and what that takes.
#pragma once
#include "model/delta/delta.hpp"
#include "model/t5/network.hpp"

namespace lorahub::model::t5 {

// These are all linear layers but the keys and values of cross-attention, by which short targets
// never multiply (cross_absorbed).
model::delta::DeltaLayers delta_layers(const Network& network);
double narrow_values(const T5Config& config);  // how many weights these layers have

// The bytes of the inputs and outputs of these layers in one pass over some examples.
double trajectory_bytes(const T5Config& config, double source_tokens, double target_tokens);

}  // namespace lorahub::model::t5
