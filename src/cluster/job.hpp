// A job of a study as the program describes it, whatever batch system runs it.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cluster/site.hpp"

namespace lorahub::cluster {

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
  JobRequest request;             // completed by the defaults of the site
  std::vector<std::string> pass;  // words for the batch system, of this job alone
};

}  // namespace lorahub::cluster
