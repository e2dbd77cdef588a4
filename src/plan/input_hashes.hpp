// SHA-256 of what a trial reads, by which its results are known to belong together.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "store/record.hpp"

namespace lorahub::study {
struct Trial;
}

namespace lorahub::plan {

// SHA-256 of the files that the trial computes with: model and modules, also those that `retrieve`
// will leave out. `cache` keeps hashes of files by path.
store::Inputs file_inputs(const study::Trial& trial, std::map<std::string, std::string>& cache);

// The files and folders that these hashes are of, as `cache` names them.
std::vector<std::filesystem::path> hashed_paths(const study::Trial& trial);

// SHA-256 of everything the trial reads: model, modules, shots, test rows.
store::Inputs inputs(const study::Trial& trial, std::map<std::string, std::string>& cache);

}  // namespace lorahub::plan
