// What the thread that calls MPI works with, on the coordinator and on the other ranks.
#pragma once
#include <string>
#include <vector>

#include "workers/executor.hpp"
#include "workers/mailbox.hpp"
#include "workers/world.hpp"

namespace lorahub::workers {

struct LoopState {
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

}  // namespace lorahub::workers
