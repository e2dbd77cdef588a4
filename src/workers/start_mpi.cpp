#include "workers/start_mpi.hpp"

#include <mpi.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/exit_codes.hpp"
#include "base/fault.hpp"
#include "base/host.hpp"
#include "base/launcher.hpp"
#include "base/streams.hpp"
#include "workers/end_launcher.hpp"

namespace lorahub::workers {
namespace {

volatile bool is_starting = false;
char start_failed[512];

std::string this_rank() {
  return base::format("rank {} on {}", base::launched_rank().value_or(0), base::host_name());
}

// Without them MPI_Init fails, or uses the file that it did not get. The limit is raised where the
// user may raise it.
void check_descriptors() {
  constexpr rlim_t kLeast = 64;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= kLeast) return;
  files.rlim_cur = std::min(kLeast, files.rlim_max);
  if (files.rlim_max >= kLeast && ::setrlimit(RLIMIT_NOFILE, &files) == 0) return;
  throw base::MachineFault(
      base::format("{} may have {} open files (MPI needs {}), raise the limit of open files "
                   "(ulimit -n) and run the same command again",
                   this_rank(), files.rlim_max, kLeast));
}

// Open MPI calls exit() in a process whose MPI_Init fails. What else is to be done at the exit is
// left out, since libraries wait there for threads that they do not have.
void end_a_start_that_failed() {
  if (!is_starting) return;
  base::write_error(start_failed);
  end_lingering_launcher();
  ::_exit(base::kExitRunAgain);
}

void name_a_start_that_fails() {
  const std::string words = base::format(
      "lorahub: {}: MPI can't be started (it says above why; the machine may lack threads, memory "
      "or open files), see to it (ulimit -u, -v, -n) and run the same command again\n",
      this_rank());
  words.copy(start_failed, sizeof start_failed - 1);
  std::atexit(end_a_start_that_failed);
}

}  // namespace

void start_mpi() {
  check_descriptors();
  name_a_start_that_fails();
  int provided = 0;
  is_starting = true;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  is_starting = false;
  base::check(provided >= MPI_THREAD_FUNNELED,
              "this MPI allows no threads (every rank computes with several), use another MPI");
}

}  // namespace lorahub::workers
