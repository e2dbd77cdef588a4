// MPI: a group of ranks that answer a coordinator's requests. Only bytes travel; no call blocks in
// MPI.
#pragma once
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lorahub::workers {

// MPI_Init_thread and MPI_Finalize. One per process; without mpirun or srun a group of one rank,
// MPI untouched. Call base::block_signals() before. Error when srun started several copies that
// don't know of each other.
class Session {
 public:
  Session();
  ~Session();  // waits for the other ranks, without burning a core
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
};

// What every rank does with a request: its share of the work, as bytes. `rank` and `size` cut the
// work.
using Handler = std::function<std::string(const std::string& request)>;

class Mailbox;

class Group {
 public:
  Group();  // all ranks of the session, which must outlive it

  // A rank that leaves early (by an exception) must not keep the others waiting: the coordinator
  // dismisses them (75 when a signal is pending, else 2), a worker answers requests with a failure
  // until it is dismissed.
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  bool is_coordinator() const { return rank_ == 0; }
  int ranks_on_node() const { return ranks_on_node_; }
  int rank_on_node() const { return rank_on_node_; }

  // Coordinator: sends the request to all ranks, does its own share, returns the replies by rank.
  // When a handler throws, all replies are collected first, so the group stays usable; then the
  // exception of the lowest rank comes out: the coordinator's own as it is, another rank's as one
  // base::Error (or base::Interrupted) naming rank and host. Throws base::Interrupted when a signal
  // is pending: at the beginning and while waiting.
  std::vector<std::string> call(const std::string& request, const Handler& handler);

  // Other ranks: answer requests until dismissed; returns the exit code that the coordinator gave.
  // Signals stay pending.
  int serve(const Handler& handler);

  // Coordinator: ends serve() on all other ranks, also after an unfinished call: waits for their
  // goodbye. Once is enough, more does nothing.
  void dismiss(int code = 0);

 private:
  struct Collected;
  void deliver();
  void collect(Collected& collected);
  void say_goodbye();

  int rank_ = 0, size_ = 1, ranks_on_node_ = 1, rank_on_node_ = 0;
  uint64_t sequence_ = 0;    // of the last call
  std::vector<int> others_;  // coordinator: the ranks that serve
  bool dismissed_ = false;
  std::unique_ptr<Mailbox> mailbox_;  // none in a group of one
};

}  // namespace lorahub::workers
