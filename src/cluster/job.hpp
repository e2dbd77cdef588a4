// A job of a study as the program describes it, whatever batch system runs it.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cluster/site.hpp"

namespace lorahub::cluster {

// What the ranks take, as planned. A batch system is asked for it where neither the user nor the
// site asks for something else. 0: not known.
struct JobNeed {
  int threads = 0;          // of a rank
  double shared_bytes = 0;  // on each node, once
  double own_bytes = 0;     // of each rank
  double seconds = 0;       // of one job, until the study or its shard is done
};

struct BatchJob {
  std::string study;                 // its name, and the job's
  std::string command_line;          // of `submit`, for the reader of the script
  std::filesystem::path folder;      // where the command was given, absolute
  std::filesystem::path out;         // results folder, as given
  std::string program;               // shell words that start lorahub
  std::string launcher;              // shell words that start the ranks: srun ... or mpirun ...
  std::vector<std::string> plan;     // the study's file and what changes its trials (--set ...)
  std::vector<std::string> options;  // further options of `run`
  std::vector<std::pair<std::string, std::string>> environment;  // variables to be set in the job
  Site site;
  JobNeed need;
  JobRequest request;             // completed by the defaults of the site
  std::vector<std::string> pass;  // words for the batch system, of this job alone
};

}  // namespace lorahub::cluster
