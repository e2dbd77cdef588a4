// One trial, from its line in the plan to its record.
#pragma once
#include "run/context.hpp"
#include "store/record.hpp"

namespace lorahub::run {

// Runs plan()[index] on all ranks of the context's group. Error when an input is bad.
store::Record run_trial(Context& context, size_t index);

// SHA-256 of everything the trial reads: model, modules, shots, test rows. `cache` keeps hashes of
// files by path.
store::Inputs inputs(const study::Trial& trial, std::map<std::string, std::string>& cache);

}  // namespace lorahub::run
