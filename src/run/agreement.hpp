// One study on all ranks: the same trials, and the same bytes of every file that they read, before
// anything is computed.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "store/record.hpp"
#include "study/trial.hpp"
#include "workers/crew.hpp"

namespace lorahub::run {

struct Reading {
  const std::vector<study::Trial>& trials;
  const std::vector<store::Inputs>& inputs;           // by trial (trial.hpp), as rank 0 hashed them
  const std::map<std::string, std::string>& by_path;  // the hashes of files and folders
};

// Coordinator: asks all other ranks. Error where one has other trials or reads other bytes: names
// the rank, its host, and the knobs or files that differ. Nothing to do for a rank alone.
void check_agreement(workers::Crew& crew, const Reading& reading);

// Any rank: what it finds different, for check_agreement; "" when nothing is. Files are hashed once
// each; not at all where they are the very files (device, inode, times) that rank 0 has hashed.
std::string compare_reading(const std::string& body, const std::vector<study::Trial>& trials);

}  // namespace lorahub::run
