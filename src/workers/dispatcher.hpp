// The coordinator's access to all ranks. A job (a trial) is led by one thread, its lead, which
// hands in requests as bytes; the thread that calls MPI sends them to ranks. Any thread may
// call any function here.
#pragma once
#include <algorithm>
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "workers/executor.hpp"
#include "workers/rank_groups.hpp"

namespace lorahub::workers {

class Dispatcher;

// The ranks that work on one job, as its lead sees them.
class JobHandle {
 public:
  JobHandle(Dispatcher& dispatcher, int group) : dispatcher_(dispatcher), group_(group) {}

  // Computes the requests on the ranks of the job and waits for all of them. Returns an outcome for
  // each request: a reply, or a failure that names rank and host. A request that ends in a fault is
  // tried twice more, on another rank where there is one. Throws base::MachineFault when it fails
  // there too, base::Interrupted when the run has to end, base::Error when a rank could not join
  // the job.
  std::vector<Outcome> call(const std::vector<std::string>& requests) const;
  int slots() const;  // requests that these ranks compute at the same time

 private:
  Dispatcher& dispatcher_;
  int group_;
};

// How long a rank may take for a request before it counts as hung, since it was sent.
struct Patience {
  double seconds = 0;  // 0: for ever
  std::string words;   // what the rank does, for messages: "loading trial 3"
};
using Watch = std::function<Patience(const std::string& request)>;

struct Job {
  JobSize size;
  std::string join;  // sent to a rank before its first request of this job
  std::function<void(const JobHandle&)> lead;
  Watch watch = {};  // none: that of Team
};

struct Team {
  std::vector<std::string> hosts;  // by rank
  int threads = 1;                 // that compute, per rank
  int jobs = 1;      // that a rank works on at the same time; it has as many seats in the schedule
  Watch watch = {};  // none: a rank may take as long as it likes
};

class Dispatcher {
 public:
  Dispatcher(Team team, WakeUp& wake_up) : team_(std::move(team)), wake_up_(wake_up) {}

  int ranks() const { return static_cast<int>(team_.hosts.size()); }
  const std::vector<std::string>& hosts() const { return team_.hosts; }  // by rank

  // Sends the request to every rank and returns the replies by rank. Where ranks fail, the failure
  // of the lowest one is thrown after all have replied, as an Error, a MachineFault or an
  // Interrupted that names rank and host (an Error of the coordinator itself names neither).
  std::vector<std::string> everyone(const std::string& request);

  // Runs all jobs, at most `groups` at a time, the lead of each in a thread. Returns when all have
  // ended, or throws the first exception of a lead then: no job begins after it, and an Interrupted
  // ends the other jobs, too. MachineFault when no thread can be made. It may be called again, also
  // after an exception; but after a call of stop(), every call throws the reason of the stop.
  void work(const std::vector<Job>& jobs, int groups);

  // Sets how many jobs a rank works on at the same time, before work() begins.
  void at_a_time(int jobs);

  // Says what the lead does by itself from now on, for a message about one that hangs there:
  // "reading the inputs". The time that it may take begins anew.
  void note(const std::string& doing);

  bool is_stopped() const;  // for good: every call throws from now on

  double busy_seconds() const;  // of computing, all ranks and threads

  // What follows is for the thread that calls MPI.
  struct OutgoingRequest {
    int rank = 0;
    Request request;
  };
  std::vector<OutgoingRequest> outbox();        // requests to be sent now
  void arrived(int rank, Outcome outcome);      // the outcome of a request that was sent
  void stop(const std::exception_ptr& reason);  // every call throws it from now on
  // Stops with a MachineFault where a rank has taken too long. `now`: seconds of a clock that
  // stands still while the ranks do.
  void look_for_hung_ranks(double now);
  // What the leads do by themselves while no rank has anything to compute; nothing where a rank
  // has.
  struct Lead {
    std::string doing;   // as note() said
    uint64_t since = 0;  // changes whenever the time that the leads may take begins anew
  };
  std::optional<Lead> alone() const;

 private:
  friend class JobHandle;
  // Requests that were handed in together, or one request to every rank.
  struct Call {
    std::vector<std::string> requests;
    std::vector<Outcome> outcomes;
    size_t missing = 0;
  };
  struct PendingRequest {
    Call* call = nullptr;
    size_t place = 0;  // among the requests of the call
    int seat = -1;  // in the schedule; -1: a request to everyone, or a request that is tried again
    int group = -1, job = -1;  // -1: a request to everyone
    bool join = false;
    std::vector<int> tried = {};  // the ranks that it was sent to, up to the last one
    int rank = -1;
    Patience patience = {};
    std::optional<double> since = {};  // when look_for_hung_ranks() first saw it
  };
  void lead(const std::vector<Job>& jobs, int group);
  std::vector<Outcome> call(int group, const std::vector<std::string>& requests);
  void wait_for(std::unique_lock<std::mutex>& lock, const Call& call);
  int rank_of(int seat) const { return seat / team_.jobs; }
  int threads_of_a_seat() const { return std::max(1, team_.threads / team_.jobs); }
  void post(int rank, PendingRequest sent, std::string request);
  void post_join(int rank, PendingRequest sent);
  void try_again(int rank, PendingRequest sent);
  int another_rank(const PendingRequest& sent) const;
  void check_joins(int job) const;
  void end_all(const std::exception_ptr& reason);
  Outcome named(int rank, Outcome outcome) const;

  Team team_;
  WakeUp& wake_up_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t tickets_ = 0;
  std::map<uint64_t, PendingRequest> pending_;
  std::vector<OutgoingRequest> outbox_;
  std::exception_ptr stop_;
  bool stops_these_jobs_alone_ = false;  // a lead of work() has set stop_
  double busy_ = 0;
  std::string doing_ = "choosing or recording";  // what the leads do by themselves
  uint64_t notes_ = 0;                           // calls of note() and requests to ranks, so far

  // The members below are set while work() runs.
  std::optional<RankGroups> groups_;
  const std::vector<Job>* jobs_ = nullptr;
  std::map<int, Call*> calls_;           // by group
  std::vector<int> job_of_;              // by group
  std::map<int, Outcome> failed_joins_;  // by job: the first failure of a rank to join it
  std::exception_ptr first_error_;
};

}  // namespace lorahub::workers
