// Checks everything that a user may have got wrong, before anything is written.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "plan/input_hashes.hpp"
#include "plan/watched_files.hpp"
#include "store/merge_shards.hpp"
#include "study/study.hpp"

namespace lorahub::run {

// Error where a run of so many ranks could not write its files into the folder `out`: a name would
// be longer than its file system takes, or the place can't be written to. `shard`: "" or "1-of-4".
void check_can_be_written(const std::filesystem::path& out, const std::string& shard, int ranks);

struct Checked {
  std::vector<store::Inputs> inputs;  // by trial
  // Places of the trials that are the first to read some model or module in their precision; each
  // of them is tried out before the study begins.
  std::vector<size_t> first_uses;
  plan::WatchedFiles watched;                  // the files of all trials as they were hashed
  std::vector<plan::WatchedFiles::Set> files;  // by trial
  plan::InputCache cache;                      // what the trials share
};

// Error when an optimiser would refuse a trial's settings, or a file is missing. Trials that have
// ended before, by `known`, are left out of `first_uses`. `begins` is called before each trial's
// files are read.
Checked check_inputs(const std::vector<study::Trial>& trials, const store::History& known,
                     const std::function<void(const study::Trial&)>& begins);

// A results folder and what is to be run into it.
struct FolderPlan {
  std::filesystem::path out;
  std::string study, shard;                         // shard: "" or "1-of-4"
  const std::vector<store::PlannedTrial>& planned;  // all trials of the study, or of its shard
  const std::vector<study::Trial>& trials;          // of this call
};

// Error when the folder holds another study, was begun with another number of shards and is not
// finished, or has files that no run wrote where this one would write. Error also when an input
// has another content now than trials of the folder recorded, or when two trials of the folder
// recorded different ones. `inputs`: of the trials of this call.
void check_folder(const FolderPlan& plan, const std::vector<store::ShardHistory>& journals,
                  const std::vector<store::Inputs>& inputs);

// What the journals of other shards contribute to this shard's result file.
std::vector<store::ShardHistory> elsewhere(const FolderPlan& plan,
                                           std::vector<store::ShardHistory> journals);

// The history of the shard's own journal; empty where there is none.
store::History own_history(const FolderPlan& plan,
                           const std::vector<store::ShardHistory>& journals);

}  // namespace lorahub::run
