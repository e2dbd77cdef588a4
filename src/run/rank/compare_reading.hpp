// Whether this rank reads what rank 0 reads.
#pragma once
#include <string>
#include <vector>

#include "study/trial.hpp"

namespace lorahub::run {

// What is different here from what `body` (reading.hpp) says; "" when nothing is. Files are hashed
// once each; not at all where they are the very files (device, inode, times) that rank 0 has
// hashed.
std::string compare_reading(const std::string& body, const std::vector<study::Trial>& trials);

}  // namespace lorahub::run
