// All jobs of the service: one queue, first come first served, kept on disk. Several threads may
// call any function.
#pragma once
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "serve/job_folder.hpp"

namespace lorahub::serve {

struct NewJob {
  std::string id;     // "": one is made
  std::string input;  // a JSON object
  std::string command = {};
  std::string examples, test = {};  // the rows, as JSON lines
};

class Jobs {
 public:
  // Reads the jobs in the folder; those that had not ended wait again, in their order. `room`: jobs
  // that may wait at the same time.
  Jobs(std::filesystem::path folder, size_t room);

  enum class Admission { waits, is_there, full };  // is_there: a job of that id and input
  struct Addition {
    Admission added = Admission::waits;
    ServiceJob job = {};
  };
  // Returns once the job is on disk. Error where the id is in use for another input; MachineFault
  // where it can't be written.
  Addition add(const NewJob& job);

  std::optional<ServiceJob> find(const std::string& id) const;
  std::vector<ServiceJob> all() const;                    // the latest first
  std::optional<int> place(const std::string& id) const;  // in the queue; 1: the next one
  size_t waiting() const;
  bool is_computing() const;
  JobFolder folder(const std::string& id) const { return JobFolder(folder_ / id); }

  // Ends a job that waits; a job that is computed ends at its next generation. False for an unknown
  // id.
  bool cancel(const std::string& id);

  // For the thread that computes. take() waits for `seconds` at most.
  std::optional<ServiceJob> take(double seconds);
  bool cancel_asked(const std::string& id) const;
  void progress(const std::string& id, const JobProgress& now);
  struct End {
    JobStatus status = JobStatus::succeeded;
    std::string output = {}, error = {};
    double seconds = 0;
  };
  void end(const std::string& id, const End& end);
  void wait_again(const std::string& id);  // the service ends; the job goes on when it begins again

 private:
  // Writes the job's state. Where the disk is full, the service goes on; a job whose end is not on
  // disk is computed again when the service is started again, with the same result.
  void keep(const ServiceJob& job) const;
  const std::filesystem::path folder_;
  const size_t room_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, ServiceJob> jobs_;  // by id
  std::map<uint64_t, std::string> queue_;   // ids by number
  uint64_t last_number_ = 0;
};

}  // namespace lorahub::serve
