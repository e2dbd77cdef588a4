#include "workers/session.hpp"

#include <mpi.h>
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "base/check.hpp"
#include "workers/backoff.hpp"
#include "workers/mpi_version.hpp"

namespace lorahub::workers {
namespace {

// Whether mpirun (Open MPI, MPICH) or srun with --mpi=pmix or pmi2 has started this process.
bool is_launched() {
  const auto names = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"};
  return std::any_of(names.begin(), names.end(), [](auto name) { return getenv(name) != nullptr; });
}

struct Launched {
  int copies = 1;
  std::string by;  // the variable that says so
};

// What the innermost launcher says: mpirun on the nodes of a Slurm step, say, comes before the
// step. The variables are those of Open MPI, MPICH and Intel MPI, MVAPICH, Cray, IBM, Flux, Slurm.
Launched launched() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "PALS_SIZE",
                           "JSM_NAMESPACE_SIZE", "FLUX_JOB_SIZE", "SLURM_STEP_NUM_TASKS"})
    if (const char* size = getenv(name))
      return {.copies = std::atoi(size), .by = base::format("{}={}", name, size)};
  return {};
}

void check_alone() {
  const auto [copies, by] = launched();
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
  if (!is_launched()) {
    check_alone();
    return;
  }
  // The ranks of a killed mpirun would live on; those of srun are ended by slurmstepd.
  if (getenv("OMPI_COMM_WORLD_SIZE") != nullptr) prctl(PR_SET_PDEATHSIG, SIGKILL);
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  base::check(provided >= MPI_THREAD_FUNNELED,
              "this MPI allows no threads (every rank computes with several), use another MPI");
  int size = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (size == 1) check_alone();
}

void check_started_once(const std::string& command) {
  const auto [copies, by] = launched();
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
