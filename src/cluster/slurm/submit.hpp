#pragma once
#include <filesystem>
#include <string>

namespace lorahub::cluster::slurm {

bool is_job_id(const std::string& text);  // decimal digits

// Submits a batch script by sbatch, to begin when the job `after` has ended ("": at once). Returns
// the job's id. Error when there is no sbatch, or it refuses.
std::string submit(const std::filesystem::path& script, const std::string& after);

}  // namespace lorahub::cluster::slurm
