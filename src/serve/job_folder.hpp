// What the service keeps of a job on disk, in a folder of the job's own: its state survives any end
// of the program.
#pragma once
#include <filesystem>
#include <optional>

#include "serve/service_job.hpp"

namespace lorahub::serve {

class JobFolder {
 public:
  explicit JobFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path examples() const { return folder_ / "examples.jsonl"; }
  std::filesystem::path test() const { return folder_ / "test.jsonl"; }
  std::filesystem::path adapter() const { return folder_ / "adapter"; }

  void write(const ServiceJob& job) const;  // the state; course and progress are not kept
  // Nothing where the folder holds no job, as one does whose first write was cut short. Error where
  // the file is damaged.
  std::optional<ServiceJob> read() const;
  uint64_t bytes() const;  // of all files
  const std::filesystem::path& path() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace lorahub::serve
