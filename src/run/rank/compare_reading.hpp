// Whether this rank reads what rank 0 reads.
#pragma once
#include <string>
#include <vector>

#include "study/trial.hpp"

namespace lorahub::run {

// Describes what this rank reads differently from `body` (messages/reading.hpp); "" when nothing
// differs. Files are hashed once each; not at all where they are the very files (device, inode,
// times) that rank 0 has hashed.
std::string compare_reading(const std::string& body, const std::vector<study::Trial>& trials);

}  // namespace lorahub::run
