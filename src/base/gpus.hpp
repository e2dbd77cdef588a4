// Which of a node's GPUs a rank computes on. Nothing of CUDA: it has to be settled before CUDA
// starts.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/files.hpp"

namespace lorahub::base {

// The GPUs that CUDA would show this process, as CUDA_VISIBLE_DEVICES names them: those of that
// variable (up to the first that CUDA does not take for one), else 0, 1, ... for those in the
// driver's folder.
std::vector<std::string> visible_gpus(const Path& driver = "/proc/driver/nvidia/gpus");

// The GPU for a rank: its rank on the node, round and round over the visible ones. Nothing where
// none is visible.
std::optional<std::string> gpu_of(int rank_on_node, const std::vector<std::string>& visible);

// Leaves this process only that one: it is CUDA's device 0 from now on. For the begin of main:
// before CUDA's first call and before other threads.
std::optional<std::string> claim_gpu(int rank_on_node);

}  // namespace lorahub::base
