// Floating-point operations of a forward pass; a multiply-add counts two.
#pragma once
#include "model/architecture.hpp"
#include "model/t5/t5_config.hpp"

namespace lorahub::model::t5 {

// Adapters are on q and v.
double forward_flop(const T5Config& config, const PassSize& size);

}  // namespace lorahub::model::t5
