// The batch scripts of a study, as text: the same inputs give the same bytes.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cluster/site.hpp"

namespace lorahub::cluster {

struct Job {
  std::string study;                 // its name, and the job's
  std::string command_line;          // that wrote the script, for its reader
  std::filesystem::path folder;      // where the command was given, absolute
  std::filesystem::path out;         // results folder, as given
  std::string program;               // shell words that start lorahub
  std::string launcher;              // shell words that start the ranks: srun ... or mpirun ...
  std::vector<std::string> plan;     // the study's file and what changes its trials (--set ...)
  std::vector<std::string> options;  // of run, besides
  std::vector<std::pair<std::string, std::string>> environment;  // to be set again
  Site site;
  Request request;                // resolved
  std::vector<std::string> pass;  // words for sbatch, of this job alone
};

// Names below the results folder.
std::filesystem::path script_file(const std::filesystem::path& out);         // slurm/run.sbatch
std::filesystem::path report_script_file(const std::filesystem::path& out);  // slurm/report.sbatch

// Both scripts quote what others named so that the shell reads it back. Error for a name, folder or
// option with a line break or another control character.

// Runs the study, or one shard of it, to its end: starts ranks that died again in place, requeues
// the job before its time limit and when it is pre-empted, ends on scancel. Its exit code is that
// of `lorahub run`; 143: scancel.
std::string study_script(const Job& job);

// After the study's job: one HDF5 file of all shards, the report, and what is missing.
std::string report_script(const Job& job);

}  // namespace lorahub::cluster
