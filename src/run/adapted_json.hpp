// What an adaptation found as JSON, for programs: the command line and the service say the same.
#pragma once
#include <string>

#include "run/adapt.hpp"

namespace lorahub::run {

// One object on one line. `out`: where the adapter is, as the one who asks may find it.
std::string adapted_json(const Adapted& adapted, const std::string& out);

}  // namespace lorahub::run
