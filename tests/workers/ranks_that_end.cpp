// Scenes of ranks that hang, stop, leave or are interrupted.
#include <mpi.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <thread>

#include "base/fault.hpp"
#include "base/host.hpp"
#include "base/signals.hpp"
#include "ranks.hpp"

// What MPI does when it looks for a message: as usual, or as on a machine without memory, where it
// fails, waits for memory for ever, or uses what it did not get; or on one that opens no further
// file; or it has a bug.
static std::atomic<int> mpi_does = 0;
enum { kAsUsual, kFail, kWait, kCrash, kCrashWithoutFiles, kBug };
static int* volatile nothing = nullptr;

extern "C" int MPI_Improbe(int source, int tag, MPI_Comm comm, int* flag, MPI_Message* message,
                           MPI_Status* status) {
  if (mpi_does == kFail) throw std::bad_alloc();
  while (mpi_does == kWait) sched_yield();
  const rlimit none{.rlim_cur = 1, .rlim_max = 1};
  if (mpi_does == kCrash) setrlimit(RLIMIT_AS, &none);
  if (mpi_does == kCrashWithoutFiles) setrlimit(RLIMIT_NOFILE, &none);
  if (mpi_does >= kCrash) *nothing = 1;
  return PMPI_Improbe(source, tag, comm, flag, message, status);
}

// On a machine without threads, say, Open MPI ends the process by exit(1) where RANKS_START_FAILS
// names its rank; libraries hang then as they end.
extern "C" int MPI_Init_thread(int* argc, char*** argv, int wanted, int* provided) {
  const char* const fails = std::getenv("RANKS_START_FAILS");
  const char* const rank = std::getenv("OMPI_COMM_WORLD_RANK");
  if (fails != nullptr && rank != nullptr && std::strcmp(fails, rank) == 0) std::exit(1);
  return PMPI_Init_thread(argc, argv, wanted, provided);
}
static const struct HangsAtExit {
  ~HangsAtExit() {
    if (std::getenv("RANKS_START_FAILS") != nullptr) sleep(1000);
  }
} hangs_at_exit;

namespace lorahub::workers {

using namespace std::chrono_literals;

// A request that never ends, on a worker or on the coordinator itself, where the process ends at
// once.
static int hang(World& group, const char* order) {
  const Handler handler = [&](const std::string& request) { return fail_as_told(group, request); };
  const Watch watch = [](const std::string&) { return Patience{.seconds = 2, .words = "busy"}; };
  try {
    return group.run({.watch = watch}, handler, [&](Dispatcher& dispatcher) {
      const auto lead = [&](const JobHandle& leader) {
        leader.call(std::vector<std::string>(9, order));
      };
      dispatcher.work({{.size = {.width = 9}, .join = "", .lead = lead}}, 1);
      return 0;
    });
  } catch (const base::MachineFault& error) {
    expect(std::string(error.what())
               .starts_with(base::format("rank 1 on {} has been busy", base::host_name())),
           error.what());
    return 75;
  }
}
int hung_worker(World& group, const std::string&) { return hang(group, "1:hang"); }
int hung_coordinator(World& group, const std::string&) { return hang(group, "0:hang"); }

// A lead that never comes back, as from a disk that hangs.
int hung_lead(World& group, const std::string&) {
  const Handler handler = [&](const std::string& request) { return fail_as_told(group, request); };
  return group.run({.hang_timeout = 2}, handler, [&](Dispatcher& dispatcher) {
    dispatcher.work({{.size = {},
                      .join = "",
                      .lead = [](const JobHandle&) { std::this_thread::sleep_for(1000s); }}},
                    1);
    return 0;
  });
}

// A lead that hangs before any work, when nothing was asked of any rank.
int hung_preparation(World& group, const std::string&) {
  const Handler handler = [&](const std::string& request) { return fail_as_told(group, request); };
  return group.run({.hang_timeout = 2}, handler, [&](Dispatcher& dispatcher) {
    dispatcher.note("reading");
    std::this_thread::sleep_for(1000s);
    return 0;
  });
}

// A forward of 3 s is no stall of 1 s.
int long_forward(World& group, const std::string&) {
  const Handler slow = [](const std::string&) {
    std::this_thread::sleep_for(3s);
    return std::string();
  };
  return group.run({.stall_timeout = 1}, slow, [](Dispatcher& dispatcher) {
    dispatcher.everyone("");
    return 0;
  });
}

// Rank 1, or the coordinator, is stopped: the others notice and end with 75.
static int stop(World& group, int which) {
  const Handler handler = [&](const std::string&) {
    if (group.rank() == which) raise(SIGSTOP);
    return std::string();
  };
  return group.run({.stall_timeout = 3}, handler, [](Dispatcher& dispatcher) {
    dispatcher.everyone("");
    return 0;
  });
}
int stopped_worker(World& group, const std::string&) { return stop(group, 1); }
int stopped_coordinator(World& group, const std::string&) { return stop(group, 0); }

// The thread that calls MPI fails, or never comes back, on one rank or on all of them, while each
// computes for ever.
static int without_memory(World& group, int how, int first, int last) {
  const Handler handler = [&](const std::string&) {
    if (group.rank() >= first && group.rank() <= last) mpi_does = how;
    std::this_thread::sleep_for(1000s);
    return std::string();
  };
  return group.run({.stall_timeout = 2}, handler, [](Dispatcher& dispatcher) {
    dispatcher.everyone("");
    return 0;
  });
}
int loop_fails(World& group, const std::string&) { return without_memory(group, kFail, 1, 1); }
int loops_fail(World& group, const std::string&) { return without_memory(group, kFail, 0, 9); }
int loop_crashes(World& group, const std::string&) { return without_memory(group, kCrash, 1, 1); }
int loop_without_files(World& group, const std::string&) {
  return without_memory(group, kCrashWithoutFiles, 1, 1);
}
int loop_with_a_bug(World& group, const std::string&) { return without_memory(group, kBug, 1, 1); }
int loop_hangs(World& group, const std::string&) { return without_memory(group, kWait, 0, 0); }
int loops_hang(World& group, const std::string&) { return without_memory(group, kWait, 0, 9); }

// A worker that never serves, and a coordinator whose lead throws.
int early_leavers(World& group, const std::string&) {
  const Handler handler = [](const std::string& request) { return request; };
  if (group.rank() == 1) return 2;
  try {
    return group.run({}, handler, [](Dispatcher& dispatcher) {
      dispatcher.everyone("");
      return 0;
    });
  } catch (const base::Error& error) {
    expect(error.what() ==
               base::format("rank 1 on {}: left early, see its own message", base::host_name()),
           error.what());
    return 2;
  }
}

// The coordinator is interrupted; a request that looks for signals is waited for, on every rank.
int grace(World& group, const std::string&) {
  std::atomic<int> ended = 0;
  const Handler handler = [&](const std::string&) {
    while (base::pending_signal() == 0) std::this_thread::sleep_for(10ms);
    std::this_thread::sleep_for(300ms);  // writes its checkpoint
    ++ended;
    return std::string();
  };
  int code = 75;
  try {
    code = group.run({.grace = 30}, handler, [](Dispatcher& dispatcher) {
      const std::jthread signal([] {
        std::this_thread::sleep_for(300ms);
        kill(getpid(), SIGTERM);
      });
      dispatcher.everyone("");
      return 0;
    });
  } catch (const base::Interrupted&) {
  }
  expect(ended == 1, "its request has ended by itself");
  return code;
}

// Works until a signal comes; for interrupt.sh. Requests take longer than the 5 s that the run has.
int work(World& group, const std::string& folder) {
  std::ofstream(base::format("{}/pid.{}", folder, group.rank())) << getpid() << std::endl;
  const Handler handler = [](const std::string& request) {
    std::this_thread::sleep_for(request == "long" ? 20s : 100ms);
    return std::string();
  };
  const auto forever = [](const JobHandle& leader) {
    for (;;) leader.call(std::vector<std::string>(10, "short"));
  };
  const auto once = [](const JobHandle& leader) { leader.call({"long"}); };
  try {
    return group.run({.threads = 2}, handler, [&](Dispatcher& dispatcher) {
      dispatcher.work({{.size = {.cost = 2, .width = 9}, .join = "", .lead = once},
                       {.size = {.cost = 1, .width = 9}, .join = "", .lead = forever}},
                      2);
      return 0;
    });
  } catch (const base::Interrupted&) {
    return 75;
  }
}

}  // namespace lorahub::workers
