// One trial, from its line in the plan to its record.
#pragma once
#include "run/context.hpp"
#include "store/record.hpp"

namespace lorahub::run {

// Runs the context's trial on the ranks of its group. Error when an input is bad, or when no
// candidate could be evaluated.
store::Record run_trial(Context& context);

// SHA-256 of everything the trial reads: model, modules, shots, test rows. `cache` keeps hashes of
// files by path.
store::Inputs inputs(const study::Trial& trial, std::map<std::string, std::string>& cache);

}  // namespace lorahub::run
