// Floating-point operations of a forward pass; a multiply-add counts two.
#pragma once
#include "model/architecture.hpp"
#include "model/t5/config.hpp"

namespace lorahub::model::t5 {

// Adapters are on q and v.
double forward_flop(const Config& config, const PassSize& size);

}  // namespace lorahub::model::t5
