// Where and with what a run is made, libraries of all layers included.
#pragma once
#include <map>
#include <string>

#include "workers/identity.hpp"

namespace lorahub::plan {

std::map<std::string, std::string> environment();

// Of this rank, for workers::World: `command`, and of the environment what can change bits.
workers::Identity identity(const std::string& command);

}  // namespace lorahub::plan
