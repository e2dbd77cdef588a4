// What a run of some trials would lack here: files on this disk, or parts of this build.
#pragma once
#include <string>
#include <vector>

#include "base/device.hpp"
#include "study/trial.hpp"

namespace lorahub::plan {

// One sentence each, with a remedy; empty where a run would find all that it reads. Nothing is
// loaded and no file is hashed.
std::vector<std::string> lacks(const std::vector<study::Trial>& trials, base::Device device);

}  // namespace lorahub::plan
