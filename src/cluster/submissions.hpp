// The list of what was submitted for a results folder, in its file <word of the
// scheduler>/jobs.json. `status` and the next `submit` read it.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "cluster/scheduler.hpp"

namespace lorahub::cluster {

struct Submission {
  std::string submitted_utc;
  std::string job;     // id; of an array: all its tasks
  std::string report;  // id of the dependent job; "" when it was refused
  int shards = 0;      // 0: no array
  int trials = 0;      // of the study
};

// In the order of submission; {}: no file. Error when the file is damaged, or when an id in it
// could not be one of this scheduler's.
std::vector<Submission> read_submissions(const std::filesystem::path& out,
                                         const Scheduler& scheduler);
void add_submission(const std::filesystem::path& out, const Scheduler& scheduler,
                    const Submission& submission);

}  // namespace lorahub::cluster
