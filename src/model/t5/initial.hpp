// A T5 as its training from scratch begins.
#pragma once
#include "model/t5/network.hpp"

namespace lorahub::model::t5 {

// A T5 of these sizes, f32: normal values of transformers' spreads, but an untied head of
// d_model^-0.5 as in T5X (transformers' 1 starts at losses of hundreds of nats).
Network initial_network(const Config& config, uint64_t seed);

}  // namespace lorahub::model::t5
