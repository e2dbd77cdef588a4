// Whether a study may be run into a results folder: for callers that do not run it themselves, such
// as `lorahub submit`.
#pragma once
#include <filesystem>
#include <string>

#include "study/study.hpp"

namespace lorahub::run {

// Error where a run of the study would refuse the folder as it is now: it holds another study,
// unfinished shards of another number, or files that no run wrote. `shard`: "" or "1-of-4".
void check_results_folder(const std::filesystem::path& out, const study::Study& study,
                          const std::string& shard);

}  // namespace lorahub::run
