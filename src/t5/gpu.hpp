// The GPU that this process computes on: CUDA's device 0 (base::claim_gpu).
#pragma once
#include <string>

namespace lorahub::t5 {

// Its PCI address, "0000:65:00.0": no two GPUs of a node have the same. Error without a GPU, or in
// a build without CUDA.
std::string gpu_address();

}  // namespace lorahub::t5
