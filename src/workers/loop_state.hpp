// What the thread that keeps MPI has at hand, on the coordinator and on the other ranks.
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
  Mailbox* mailbox = nullptr;  // none in a group of one
  Executor& executor;
  Bell& bell;

  double beat() const;  // seconds between two heartbeats
  // An interruption of this rank too: units under way see a signal, and have `grace` to end.
  void let_units_end() const;
};

// Ends the process without waiting for threads that compute; `together` with the other ranks (MPI
// is finalised), or at once.
enum class Leave { together, at_once };
[[noreturn]] void leave(int code, Leave how);

}  // namespace lorahub::workers
