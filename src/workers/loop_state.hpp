// What the thread that calls MPI works with, on the coordinator and on the other ranks.
#pragma once
#include <exception>
#include <string>
#include <vector>

#include "base/fault.hpp"
#include "workers/executor.hpp"
#include "workers/loop_watchdog.hpp"
#include "workers/mailbox.hpp"
#include "workers/world.hpp"

namespace lorahub::workers {

struct LoopState {
  int rank = 0;
  const std::vector<std::string>& hosts;  // by rank
  const Service& service;
  Mailbox* mailbox = nullptr;  // null in a run of one rank
  Executor& executor;
  WakeUp& wake_up;
  LoopWatchdog& watchdog;
  const LastWords& last_words;

  double beat() const;  // seconds between two heartbeats
  // Interrupts this rank, too: requests under way see a signal, and have service.grace seconds to
  // end.
  void let_requests_end() const;
  // Ends the process after MPI_Finalize, for which it meets the other ranks, without waiting for
  // threads that compute. A rank that does not come to the meeting (since its machine opens no
  // file, say) is waited for no longer than service.grace and some seconds.
  [[noreturn]] void leave_together(int code) const;
  // Ends the process after its last words, which name rank and host. It is for a process whose
  // thread that calls MPI has failed (for lack of memory, say), so that it can't talk to the other
  // ranks any more; their launcher ends those.
  [[noreturn]] void leave_alone(const std::exception_ptr& error) const;
};

// Ends the process at once, as it stands.
[[noreturn]] void leave(int code);

}  // namespace lorahub::workers
