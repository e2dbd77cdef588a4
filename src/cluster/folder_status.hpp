// How far the study of a results folder is, together with its jobs: what `lorahub status` tells.
#pragma once
#include <filesystem>
#include <string>

#include "cluster/folder_jobs.hpp"
#include "store/study_progress.hpp"

namespace lorahub::cluster {

struct FolderStatus {
  store::StudyProgress progress;
  FolderJobs jobs;
};

// Error where the folder holds no journal and nothing was submitted for it.
FolderStatus status_of(const std::filesystem::path& folder);

std::string status_json(const FolderStatus& status);  // one object

}  // namespace lorahub::cluster
