// Why a file can't be opened.
#pragma once
#include <filesystem>
#include <string_view>

namespace lorahub::base {

// Throws as cannot() does (fault.hpp), but for a socket, whose error is that of a sick device: an
// Error which says what it is. `what`: "cannot read FILE".
[[noreturn]] void cannot_open(std::string_view what, const std::filesystem::path& file, int error);

}  // namespace lorahub::base
