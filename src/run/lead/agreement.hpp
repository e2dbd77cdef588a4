// One study on all ranks: the same trials, and the same bytes of every file that they read, before
// anything is computed.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "store/record.hpp"
#include "study/trial.hpp"
#include "workers/dispatcher.hpp"

namespace lorahub::run {

struct Reading {
  const std::vector<study::Trial>& trials;
  const std::vector<store::Inputs>& inputs;           // by trial (trial.hpp), as rank 0 hashed them
  const std::map<std::string, std::string>& by_path;  // the hashes of files and folders
};

// For the coordinator: asks all other ranks. Error where one has other trials or reads other bytes:
// names the rank, its host, and the knobs or files that differ. Nothing to do for a rank alone.
void check_agreement(workers::Dispatcher& crew, const Reading& reading);

}  // namespace lorahub::run
