// The words of this process's command line.
#pragma once
#include <string>
#include <vector>

#include "workers/rank_identity.hpp"

namespace lorahub::cli {

// As they were typed, from the program's name on.
std::vector<std::string> command_words();

// What all ranks must have in common: the words after the program's name, and this program.
workers::Identity identity();

}  // namespace lorahub::cli
