// The result files of a results folder.
#pragma once
#include <filesystem>
#include <vector>

namespace lorahub::store {

// One, or one for each shard, sorted. Error where it is no folder, or holds none.
std::vector<std::filesystem::path> result_files(const std::filesystem::path& folder);

}  // namespace lorahub::store
