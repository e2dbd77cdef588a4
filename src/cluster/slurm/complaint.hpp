#pragma once
#include <string>

#include "base/process.hpp"

namespace lorahub::cluster::slurm {

// What one of Slurm's commands complains about, in one line, without its own name in front.
std::string complaint(const base::ProcessOutput& output);

}  // namespace lorahub::cluster::slurm
