// How fast this machine multiplies matrices, for predictions and as the limit that a pass is
// compared with.
#pragma once
#include "base/device.hpp"
#include "model/placement.hpp"

namespace lorahub::objective {

struct Kernels {
  model::Placement placement;
  int threads = 1;  // at work side by side, each with kernels of its own
};

// Seconds that cores or a GPU were busy since some fixed moment. On the CPU these are the processor
// seconds of all threads of this process, so that time taken by other programs does not count; on a
// GPU they are wall seconds.
double busy_seconds(base::Device device);

// FLOP per busy second of x W^T by the fastest of the kernels at hand: the best of `tries` products
// of each. A core: x [1280, 1024], W [1024, 1024]; a GPU, whatever the threads: x [16384, 4096], W
// [4096, 4096].
double gemm_flops_per_second(const Kernels& kernels, int tries = 3);

}  // namespace lorahub::objective
