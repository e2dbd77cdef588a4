// MPI: a group of ranks that answer a coordinator's requests. Only bytes travel; no call blocks in MPI.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace lorahub::workers {

// MPI_Init_thread and MPI_Finalize. One per process; without mpirun a group of one rank, MPI untouched.
class Session {
 public:
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
};

// What every rank does with a request: its share of the work, as bytes. `rank` and `size` cut the work.
using Handler = std::function<std::string(const std::string& request)>;

class Group {
 public:
  Group();                       // all ranks of the session
  int rank() const { return rank_; }
  int size() const { return size_; }
  bool is_coordinator() const { return rank_ == 0; }
  int ranks_on_node() const { return ranks_on_node_; }
  int rank_on_node() const { return rank_on_node_; }

  // Coordinator: sends the request to all ranks, does its own share, returns the replies by rank. A rank's
  // base::Error comes out here as one Error naming the rank (the lowest, when several failed); the group stays usable.
  // Throws base::Interrupted when a signal is pending (checked while waiting).
  std::vector<std::string> call(const std::string& request, const Handler& handler);

  // Other ranks: answer requests until dismissed. Waits with back-off: under 5 % of a core when idle.
  void serve(const Handler& handler);
  void dismiss();  // coordinator: ends serve() on all other ranks

 private:
  int rank_ = 0, size_ = 1, ranks_on_node_ = 1, rank_on_node_ = 0;
};

}  // namespace lorahub::workers
