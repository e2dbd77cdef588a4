// Manual pages, written from what the parser knows.
#pragma once
#include <string>

#include "cli/command_facts.hpp"

namespace lorahub::cli {

// The page of one command in the macros man(7), for section 1. `version` stands at its foot.
std::string man_page(const CommandFacts& command, const std::string& version);

}  // namespace lorahub::cli
