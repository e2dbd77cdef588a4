// What an unfinished training keeps in its folder, to go on from.
#pragma once
#include <filesystem>
#include <vector>

namespace lorahub::train {

inline constexpr const char* kCheckpointFile = "checkpoint.safetensors";

// The checkpoint, and what kills within the writing of one have left beside it. Error where `out`
// is no folder.
std::vector<std::filesystem::path> checkpoint_files(const std::filesystem::path& out);

void remove_checkpoint(const std::filesystem::path& out);

}  // namespace lorahub::train
