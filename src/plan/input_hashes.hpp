// SHA-256 of what a trial reads, by which its results are known to belong together.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "plan/library_cache.hpp"
#include "store/record.hpp"

namespace lorahub::study {
struct Trial;
}

namespace lorahub::plan {

// What the trials of a study share, so that it is read once.
struct InputCache {
  std::map<std::string, std::string> hashes;  // of files and folders, by path
  LibraryCache libraries;
};

// SHA-256 of the files that the trial computes with: model and modules, also those that `retrieve`
// will leave out.
store::Inputs file_inputs(const study::Trial& trial, InputCache& cache);

// The files and folders that these hashes are of, as `cache.hashes` names them.
std::vector<std::filesystem::path> hashed_paths(const study::Trial& trial, InputCache& cache);

// SHA-256 of everything the trial reads: model, modules, shots, test rows.
store::Inputs inputs(const study::Trial& trial, InputCache& cache);

}  // namespace lorahub::plan
