// Protects files that a user names for results: nothing is replaced that this program did not
// write.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lora/claim.hpp"

namespace CLI {
class App;
}

namespace lorahub::cli {

// Texts that every file of an earlier command of the same kind holds, in this order.
using Marks = std::vector<std::string_view>;
inline const Marks kFigureMarks{"<svg role=\"img\"", "<title>", "</svg>"};

void add_force(CLI::App& command, lora::Force& force);  // --force

// Error unless nothing is at `file`, or a regular file with these marks is, and it can be written.
// Symbolic links are not followed. With force, any file may be replaced, and no folder.
void check_replaceable(const std::filesystem::path& file, const Marks& marks, lora::Force force);

}  // namespace lorahub::cli
