// Everything that a user may have got wrong, before anything is written.
#pragma once
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "run/watched.hpp"
#include "store/journal.hpp"
#include "study/study.hpp"

namespace lorahub::run {

// Error where the name of one of these files is longer than its file system takes.
void check_names(const std::vector<std::filesystem::path>& files);

struct Checked {
  std::vector<store::Inputs> inputs;  // by trial
  std::vector<size_t> first_uses;     // trials that read what none before read in their precision
  WatchedFiles watched;               // the files of all trials as they were hashed
  std::vector<WatchedFiles::Set> files;       // by trial
  std::map<std::string, std::string> hashes;  // of files and folders, by path
};

// Error when the folder holds another study, an optimiser would refuse a trial's settings, a file
// is missing, or an input of a recorded trial has changed since.
Checked check_inputs(const std::vector<study::Trial>& trials, const store::History& history,
                     const std::filesystem::path& out);

// Ids of trials that other journals of the folder have finished (shards, or the run without). Error
// when the folder was begun with another number of shards and these are not finished.
std::set<std::string> finished_elsewhere(const std::filesystem::path& out,
                                         const std::string& shard);

}  // namespace lorahub::run
