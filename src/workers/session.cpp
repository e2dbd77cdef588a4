#include "workers/session.hpp"

#include <mpi.h>
#include <sys/prctl.h>

#include <csignal>

#include "base/check.hpp"
#include "base/launcher.hpp"
#include "workers/backoff.hpp"
#include "workers/crash_without_memory.hpp"
#include "workers/mpi_version.hpp"
#include "workers/start_mpi.hpp"

namespace lorahub::workers {
namespace {

void check_alone() {
  const auto [copies, by] = base::launched_copies();
  base::check(copies <= 1,
              "{} copies were started that don't know of each other ({}, and {} knows of one rank: "
              "each would do all the work), use srun --mpi=pmix or the mpirun of that MPI",
              copies, by, mpi_version());
}

}  // namespace

bool mpi_runs() {
  int initialized = 0, finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  return initialized != 0 && finalized == 0;
}

void meet() {
  MPI_Request request;
  MPI_Ibarrier(MPI_COMM_WORLD, &request);
  int all_here = 0;
  for (const Backoff backoff;; backoff.wait()) {
    MPI_Test(&request, &all_here, MPI_STATUS_IGNORE);
    if (all_here != 0) return;
  }
}

Session::Session() {
  name_crashes_without_memory();
  if (!base::is_launched_by_mpi()) {
    check_alone();
    return;
  }
  // The ranks of a killed mpirun would live on; those of srun are ended by slurmstepd.
  if (base::is_launched_by_open_mpi()) prctl(PR_SET_PDEATHSIG, SIGKILL);
  start_mpi();
  int size = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (size == 1) check_alone();
}

int count_ranks() {
  const Session session;
  int size = 1;
  if (mpi_runs()) MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

void check_started_once(const std::string& command) {
  const auto [copies, by] = base::launched_copies();
  base::check(copies <= 1,
              "{} copies of `lorahub {}` were started ({}), and it is done by one process (each "
              "would do all the work and write the same files), start it without a launcher",
              copies, command, by);
}

Session::~Session() {
  if (!mpi_runs()) return;
  meet();
  MPI_Finalize();
}

}  // namespace lorahub::workers
