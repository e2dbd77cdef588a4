// All jobs of the service: one fair queue, kept on disk. Several threads may call any function.
#pragma once
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "serve/fair_queue.hpp"
#include "serve/job_folder.hpp"

namespace lorahub::serve {

struct NewJob {
  std::string id;     // "": one is made
  std::string input;  // a JSON object
  JobKind kind = JobKind::adapt;
  std::string owner = {}, origin = {};
  Webhook webhook = {};
  double expected = 0, cost = 0;  // as in ServiceJob
  std::vector<std::string> warnings = {};
  std::string command = {};
  std::string examples = {}, test = {};  // the rows, as JSON lines
};

struct JobLimits {
  size_t waiting = 100;     // jobs that may wait at the same time
  size_t waiting_each = 0;  // of one owner; 0: as many as all
  uint64_t bytes_each = 0;  // kept of one owner's jobs; 0: any
  double slice = 60;        // seconds of a turn, where others wait
};

class Jobs {
 public:
  // Reads the jobs in the folder; those that had not ended wait again, in their order.
  Jobs(std::filesystem::path folder, const JobLimits& limits);

  // is_there: a job of that id, owner and input
  enum class Admission { waits, is_there, full, too_many, too_large };
  struct Addition {
    Admission added = Admission::waits;
    ServiceJob job = {};
  };
  // Returns once the job is on disk. Error where the id is in use for another input; MachineFault
  // where it can't be written.
  Addition add(const NewJob& job);

  std::optional<ServiceJob> find(const std::string& id) const;
  // What changes of a job while it is computed, for whoever looks again and again.
  struct State {
    JobStatus status = JobStatus::starting;
    size_t generations = 0;  // of its course
  };
  std::optional<State> state(const std::string& id) const;
  std::vector<ServiceJob> all() const;  // the latest first
  // Of the jobs for which `fits` is true and whose number is below `before`, the `most` latest; the
  // latest first.
  std::vector<ServiceJob> newest(size_t most, uint64_t before,
                                 const std::function<bool(const ServiceJob&)>& fits) const;
  std::optional<QueuePlace> place(const std::string& id) const;
  double wait_of_new(const std::string& owner) const;  // seconds until a job of theirs would begin
  size_t waiting() const;
  std::map<JobStatus, uint64_t> counts() const;  // of all jobs
  bool is_computing() const;
  JobFolder folder(const std::string& id) const { return JobFolder(folder_ / id); }

  // Ends a job that waits; a job that is computed ends at its next generation. False for an unknown
  // id.
  bool cancel(const std::string& id);
  // Removes a job that has ended, with its files. False for any other one.
  bool remove(const std::string& id);

  // For the thread that computes. take() waits for `seconds` at most.
  std::optional<ServiceJob> take(double seconds);
  // Answers to be given between two steps of what is computed, where `fits` says so.
  std::optional<ServiceJob> take_short(const std::function<bool(const ServiceJob&)>& fits);
  bool cancel_asked(const std::string& id) const;
  void progress(const std::string& id, const JobProgress& now);
  // How many evaluations the jobs have made since the service was started, those that came from a
  // journal included. The number never falls, whatever is removed.
  uint64_t evaluations() const;
  void serve(const std::string& owner, double seconds);  // counts time spent on a job of this owner
  // Whether what is computed has had its turn, and somebody else waits for theirs.
  bool is_anothers_turn() const;
  double slice() const { return limits_.slice; }
  struct End {
    JobStatus status = JobStatus::succeeded;
    std::string output = {}, error = {};
    double seconds = 0;
  };
  void end(const std::string& id, const End& end);
  // Puts a job that was begun back among those that wait; it goes on when its turn comes, or when
  // the service begins again. With Until::its_turn, its answers are not computed between two steps
  // of another job any more (take_short()).
  enum class Until { as_before, its_turn };
  void wait_again(const std::string& id, double seconds, Until until = Until::as_before);

  // Called at each change of a job with a webhook, from the thread that makes it; `kind` is start,
  // logs, output or completed.
  using Listener = std::function<void(const ServiceJob& job, const std::string& kind)>;
  void listen(Listener listener);  // before any job is taken
  // Records that the receiver which the job's webhook names has heard of the job's end.
  void told(const std::string& id);

 private:
  // Writes the job's state. Where the disk is full, the service goes on; a job whose end is not on
  // disk is computed again when the service is started again, with the same result.
  void keep(const ServiceJob& job) const;
  std::optional<Addition> refused(const NewJob& added) const;
  void enqueue(const ServiceJob& job);
  void dequeue(const ServiceJob& job);
  uint64_t bytes_of(const std::string& owner) const;
  void say(const ServiceJob& job, const std::string& kind) const;
  ServiceJob begun(const std::string& id, std::unique_lock<std::mutex> lock);
  const std::map<std::string, QueuePlace>& places() const;
  const std::filesystem::path folder_;
  const JobLimits limits_;
  std::mutex writing_;        // whoever changes a job on disk holds it, and takes it first
  mutable std::mutex mutex_;  // of what follows; nobody holds it while the disk is written
  std::condition_variable changed_;
  std::map<std::string, ServiceJob> jobs_;  // by id
  FairQueue queue_;
  std::map<uint64_t, std::string> short_;  // ids of the short jobs in it, by number
  std::string running_;                    // the id of the job that has the turn; "": none
  base::Stopwatch turn_;
  uint64_t last_number_ = 0;
  uint64_t evaluations_ = 0;
  Listener listener_;
  mutable std::optional<std::map<std::string, QueuePlace>> places_;  // until something changes
};

}  // namespace lorahub::serve
