// A results folder as a research object: RO-Crate 1.1 (https://w3id.org/ro/crate/1.1).
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::store {

// Text of ro-crate-metadata.json for `folder`: the study, its question, its files with sizes and
// hashes, the program and the run that made them. `results`: its .h5 files, at least one.
// `license`: a URL; "": not stated.
std::string crate_metadata(const std::filesystem::path& folder,
                           const std::vector<std::filesystem::path>& results,
                           const std::string& license);

}  // namespace lorahub::store
