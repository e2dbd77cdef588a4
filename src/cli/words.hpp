// The words of this process.
#pragma once
#include <string>
#include <vector>

#include "workers/identity.hpp"

namespace lorahub::cli {

// As they were typed, from the program's name on.
std::vector<std::string> command_words();

// The words after the program's name, and this program: what all ranks must have in common.
workers::Identity identity();

}  // namespace lorahub::cli
