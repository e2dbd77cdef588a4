// What the thread that calls MPI works with, on the coordinator and on the other ranks.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "workers/awake.hpp"
#include "workers/executor.hpp"
#include "workers/mailbox.hpp"
#include "workers/world.hpp"

namespace lorahub::workers {

struct Rank {
  int rank = 0;
  const std::vector<std::string>& hosts;  // by rank
  const Service& service;
  Mailbox* mailbox = nullptr;  // null in a run of one rank
  Executor& executor;
  Bell& bell;

  double beat() const;  // seconds between two heartbeats
  // Interrupts this rank, too: units under way see a signal, and have service.grace seconds to end.
  void let_units_end() const;
};

// Ends the process without waiting for threads that compute: together with the other ranks, after
// MPI_Finalize, or at once.
enum class Leave { together, at_once };
[[noreturn]] void leave(int code, Leave how);

// Seconds (of an Awake clock) since the last call of note(), for each of several ranks.
class Silence {
 public:
  explicit Silence(size_t ranks);
  void note(int rank);
  double of(int rank);

 private:
  Awake awake_;
  std::vector<double> heard_;
};

// due() is true at most once in `seconds`.
class Every {
 public:
  explicit Every(double seconds) : seconds_(seconds) {}
  bool due();

 private:
  double seconds_, last_ = -1e9;
};

}  // namespace lorahub::workers
