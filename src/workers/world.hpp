// All ranks of a run. In each rank one thread calls MPI, for messages, heartbeats and signals, and
// the others compute. Messages are bytes; no call blocks in MPI.
#pragma once
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "workers/channel.hpp"
#include "workers/dispatcher.hpp"
#include "workers/loop_watchdog.hpp"
#include "workers/rank_identity.hpp"
#include "workers/session.hpp"

namespace lorahub::workers {

struct Service {
  int threads = 1;            // that compute, per rank
  int jobs = 1;               // that a rank works on at the same time
  double stall_timeout = 60;  // seconds of silence after which a rank counts as lost
  double grace = 0;  // seconds that requests under way, which look for signals themselves, have to
                     // end when the run is interrupted
  Watch watch = {};  // as in Team
  double hang_timeout = 0;  // seconds that leads may read, think or record while no rank has
                            // anything to compute (Dispatcher::note); 0: for ever
};

// The coordinator's part, run in a thread of its own. It returns the exit code of all ranks.
using Lead = std::function<int(Dispatcher&)>;

// Tells why the process is about to end inside of run(), where no exception can come out.
using LastWords = std::function<void(const std::exception_ptr&)>;
void print_last_words(const std::exception_ptr& error);  // on standard error

class Mailbox;

class World {
 public:
  // Holds all ranks of the Session, which must outlive it. Error on every rank where one of them
  // has another identity than rank 0; it names the first of these, its host and what differs.
  explicit World(const Identity& identity = {}, LastWords last_words = print_last_words);

  // A rank that leaves without run() (by an exception) must not keep the others waiting: the
  // coordinator dismisses them (75 when a signal is pending, else 2), a worker answers requests
  // with a failure until it is dismissed.
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  int rank() const { return rank_; }
  int size() const { return static_cast<int>(hosts_.size()); }
  ChannelMember member() const { return {.rank = rank(), .size = size()}; }
  bool is_coordinator() const { return rank_ == 0; }
  int ranks_on_node() const { return ranks_on_node_; }
  int rank_on_node() const { return rank_on_node_; }
  const std::vector<std::string>& hosts() const { return hosts_; }  // by rank

  // To be called on every rank, once: computes requests by `handler` until the coordinator's `lead`
  // has ended. Returns lead's code on all ranks. What lead throws comes out on the coordinator,
  // after the others were dismissed with 2 (Error), 75 (Interrupted) or 70. A signal, or a rank
  // that has been silent for `stall_timeout` (a long forward is not silence), makes lead's calls
  // throw Interrupted. Where a rank is lost, or is still computing after an interruption, the
  // process ends here with 75, after its last words; so it does where the thread that calls MPI
  // fails for lack of memory, or does not come back from MPI some seconds after `stall_timeout`.
  int run(const Service& service, const Handler& handler, const Lead& lead);

 private:
  LoopWatchdog watched(double seconds) const;

  int rank_ = 0, ranks_on_node_ = 1, rank_on_node_ = 0;
  std::vector<std::string> hosts_;
  LastWords last_words_;
  bool has_run_ = false;
  WakeUp wake_up_;
  std::unique_ptr<Mailbox> mailbox_;  // null in a run of one rank
};

}  // namespace lorahub::workers
