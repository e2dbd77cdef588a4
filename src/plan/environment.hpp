// Where and with what a run is made: store::environment() and the versions of all libraries.
#pragma once
#include <map>
#include <string>

#include "workers/rank_identity.hpp"

namespace lorahub::plan {

std::map<std::string, std::string> environment();

// The identity of this rank for workers::World: `command`, and those entries of the environment
// that can change bits.
workers::Identity identity(const std::string& command);

}  // namespace lorahub::plan
