// What was submitted for a results folder: slurm/jobs.json in it, for `status` and for the next
// `submit`.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace lorahub::cluster {

struct Submission {
  std::string submitted_utc;
  std::string job;     // id; of an array: all its tasks
  std::string report;  // id of the dependent job; "" when it was refused
  int shards = 0;      // 0: no array
  int trials = 0;      // of the study
};

std::vector<Submission> read_submissions(const std::filesystem::path& out);  // {}: no file
void add_submission(const std::filesystem::path& out, const Submission& submission);

}  // namespace lorahub::cluster
