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

// Seconds that a core (or a GPU) was busy since some moment: of all threads of this process on the
// CPU, where time that other programs took does not count; wall seconds on a GPU.
double busy_seconds(base::Device device);

// FLOP per busy second of x W^T by the fastest of the kernels at hand: the best of `tries` products
// of each. A core: x [1280, 1024], W [1024, 1024]; a GPU, whatever the threads: x [16384, 4096], W
// [4096, 4096].
double gemm_flops_per_second(const Kernels& kernels, int tries = 3);

}  // namespace lorahub::objective
