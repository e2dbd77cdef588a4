// Which of a node's GPUs a rank computes on. It calls nothing of CUDA, since this must be settled
// before CUDA starts.
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

// The GPU for a rank: the ranks of a node take the visible GPUs in turns. Nothing where none is
// visible.
std::optional<std::string> gpu_of(int rank_on_node, const std::vector<std::string>& visible);

// Hides all other GPUs from this process, so that this one is CUDA's device 0. To be called at the
// beginning of main, before CUDA's first call and before other threads start.
std::optional<std::string> claim_gpu(int rank_on_node);

}  // namespace lorahub::base
