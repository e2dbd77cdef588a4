// All journals of a results folder: one, or one for each shard.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "store/hdf5.hpp"
#include "store/paths.hpp"

namespace lorahub::store {

struct ShardHistory {
  std::filesystem::path file;
  std::string shard;
  History history;
};
// Reads the journals of the folder that hold a start of the program, or a damaged line that may be
// one, in the order of their names. Returns none where there is no such folder.
std::vector<ShardHistory> read_journals(const std::filesystem::path& folder);

// The journals as one history. A trial that stands in several journals is done where one of them
// says so. The headers of the last journal stand last.
History merged(const std::vector<ShardHistory>& journals);

// Error unless all of them are of this study.
void check_study(const std::vector<ShardHistory>& journals, const std::string& study);

// Error when an input has two contents under one name, in all trials that are done, or begun and
// in the plan.
class SameInputs;
void check_same(const std::string& clash);  // Error unless it is ""
void check_same_inputs(const std::vector<ShardHistory>& journals,
                       const std::vector<PlannedTrial>& planned, SameInputs& seen);

}  // namespace lorahub::store
