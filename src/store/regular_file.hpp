// The bytes of a file of a results folder.
#pragma once
#include <filesystem>
#include <string>

namespace lorahub::store {

// Copied, not mapped: another process may cut the file short meanwhile. Error when it can't be read
// or is no regular file (a FIFO would block for ever).
std::string read_regular_file(const std::filesystem::path& file);

}  // namespace lorahub::store
