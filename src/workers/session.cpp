#include "workers/session.hpp"

#include <mpi.h>
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "base/check.hpp"
#include "workers/backoff.hpp"

namespace lorahub::workers {
namespace {

// A rank of mpirun (Open MPI, MPICH) or of srun --mpi=pmix or pmi2.
bool is_launched() {
  const auto names = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"};
  return std::any_of(names.begin(), names.end(), [](auto name) { return getenv(name) != nullptr; });
}

void check_srun() {
  const char* tasks = getenv("SLURM_STEP_NUM_TASKS");
  base::check(tasks == nullptr || std::atoi(tasks) <= 1,
              "srun started {} copies that don't know of each other (each would do all the work), "
              "use srun --mpi=pmix or mpirun",
              tasks == nullptr ? "" : tasks);
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
    check_srun();
    return;
  }
  // Ranks of a killed mpirun would live on, and of srun's slurmstepd takes care.
  if (getenv("OMPI_COMM_WORLD_SIZE") != nullptr) prctl(PR_SET_PDEATHSIG, SIGKILL);
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  base::check(provided >= MPI_THREAD_FUNNELED,
              "this MPI allows no threads (every rank computes with several), use another MPI");
}

Session::~Session() {
  if (!mpi_runs()) return;
  meet();
  MPI_Finalize();
}

}  // namespace lorahub::workers
