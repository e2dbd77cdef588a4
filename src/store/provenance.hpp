// Provenance: where and with what a run was made.
#pragma once
#include <map>
#include <string>

namespace lorahub::store {

// Program version and commit, compiler, library versions known to this layer, host, CPU, memory,
// Slurm job.
std::map<std::string, std::string> environment();
std::string version();  // "0.2.0"
std::string
commit();  // of the checkout that was built, "unknown" outside one; "+" when it was changed

}  // namespace lorahub::store
