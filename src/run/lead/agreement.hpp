// Checks, before anything is computed, that all ranks have the same trials and read the same bytes
// of every file.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "store/record.hpp"
#include "workers/dispatcher.hpp"

namespace lorahub::study {
struct Trial;
}

namespace lorahub::run {

struct TrialReadings {
  const std::vector<study::Trial>& trials;
  const std::vector<store::Inputs>& inputs;           // by trial, as rank 0 hashed them
  const std::map<std::string, std::string>& by_path;  // the hashes of files and folders
};

// The coordinator asks all other ranks; a single rank has nothing to compare. Error where a rank
// has other trials or reads other bytes: it names the rank, its host, and the knobs or files that
// differ.
void check_agreement(workers::Dispatcher& dispatcher, const TrialReadings& reading);

}  // namespace lorahub::run
