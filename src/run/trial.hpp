// One trial, from its line in the plan to its record.
#pragma once
#include "run/context.hpp"
#include "store/record.hpp"

namespace lorahub::run {

// Runs the context's trial on the ranks of its group. Error when an input is bad, or when no
// candidate could be evaluated.
store::Record run_trial(Context& context);

// SHA-256 of the files that the trial computes with: model and modules, those that `retrieve` will
// leave out too. `cache` keeps hashes of files by path.
store::Inputs file_inputs(const study::Trial& trial, std::map<std::string, std::string>& cache);

// The files and folders that these hashes are of, as `cache` names them.
std::vector<std::filesystem::path> hashed_paths(const study::Trial& trial);

// SHA-256 of everything the trial reads: model, modules, shots, test rows.
store::Inputs inputs(const study::Trial& trial, std::map<std::string, std::string>& cache);

// What earlier studies and `lorahub probe` know of the trial's candidates; nothing where `retrieve`
// does not ask. `brief`: of the trial, before it is loaded.
std::optional<KnownProbes> known_probes(const Brief& brief, const store::Inputs& files,
                                        t5::Device device);

}  // namespace lorahub::run
