// Why a file can't be opened or read.
#pragma once
#include <filesystem>
#include <string_view>

namespace lorahub::base {

// Throws as cannot() does (fault.hpp), but for what lies on no disk, whose errors are those of a
// sick disk: a socket, a terminal, a file that the kernel makes up (/proc/self/mem). These are an
// Error which says what it is. `what`: "cannot read FILE".
[[noreturn]] void cannot_read(std::string_view what, const std::filesystem::path& file, int error);

}  // namespace lorahub::base
