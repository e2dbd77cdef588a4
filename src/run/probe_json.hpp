// What a probe found as JSON, for programs: the command line and the service say the same.
#pragma once
#include <string>

#include "run/probe.hpp"

namespace lorahub::run {

// One object on one line: the base, each module, the hash of the shots, those left out and, where
// they were found, the similarities.
std::string probe_json(const ProbeFindings& found);

}  // namespace lorahub::run
