// Completion scripts for shells, written from what the parser knows.
#pragma once
#include <string>
#include <vector>

#include "cli/command_facts.hpp"

namespace lorahub::cli {

// `knobs`: the names that stand before the = of --set.
std::string bash_completion(const CommandFacts& program, const std::vector<std::string>& knobs);
std::string zsh_completion(const CommandFacts& program, const std::vector<std::string>& knobs);
std::string fish_completion(const CommandFacts& program, const std::vector<std::string>& knobs);

}  // namespace lorahub::cli
