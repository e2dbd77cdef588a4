// How fast this machine multiplies matrices, for predictions.
#pragma once

namespace lorahub::objective {

// FLOP/s of an f32 product 1024 x 1024 x 1024 on one thread, the best of some over about 0.2 s.
double gemm_flops_per_second();

}  // namespace lorahub::objective
