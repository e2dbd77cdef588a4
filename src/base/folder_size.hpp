// What a folder takes on a disk.
#pragma once
#include <cstdint>
#include <filesystem>

namespace lorahub::base {

// Bytes of the files in a folder and below it; those that vanish meanwhile, or that can't be looked
// at, do not count. 0 where there is no such folder.
uint64_t folder_size(const std::filesystem::path& folder);

}  // namespace lorahub::base
