// Floating-point operations of a forward pass; a multiply-add counts two.
#pragma once
#include "model/t5/config.hpp"

namespace lorahub::model::t5 {

// One example: tokens of its source and target; adapters of this rank on q and v (0: none).
struct PassSize {
  double source = 0, target = 0, rank = 0;
};
double forward_flop(const Config& config, const PassSize& size);

}  // namespace lorahub::model::t5
