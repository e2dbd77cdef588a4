// Reads a file of a results folder.
#pragma once
#include <filesystem>
#include <string>

namespace lorahub::store {

// The file is copied and not mapped, since another process may cut the file short meanwhile. Error
// when it can't be read or is no regular file (a FIFO would block for ever).
std::string read_regular_file(const std::filesystem::path& file);

}  // namespace lorahub::store
